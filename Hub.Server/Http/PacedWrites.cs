using System.Buffers;
using System.IO.Pipelines;

namespace Realtime.Server.Http;

/// <summary>Sends a response piece by piece, at the pace of its client. A client that accepts no bytes is disconnected.</summary>
/// <remarks>
/// The web server alone would copy a large response into its buffers at once. It would then wait for hours for a client that does not
/// read: its limit, 240 bytes per second, allows one second more for each 240 bytes.
/// </remarks>
internal static class PacedWrites
{
    /// <summary>Bytes that are handed to the web server at a time.</summary>
    public const int PieceBytes = 16 * 1024;

    /// <summary>How long a client may accept no bytes.</summary>
    public static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Sends a whole body. Call it last: a client that stalls is disconnected.</summary>
    public static async Task SendAsync(HttpContext context, ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        if (body.Length <= PieceBytes)
        {
            await context.Response.Body.WriteAsync(body, cancel);
            return;
        }
        var time = context.RequestServices.GetRequiredService<TimeProvider>();
        if (!await WriteAsync(context.Response.BodyWriter, body, time, cancel)) context.Abort();
    }

    /// <summary>Writes and sends a part of a body.</summary>
    /// <returns>False if the client has stalled or disconnected. Nothing more must be written then.</returns>
    public static async ValueTask<bool> WriteAsync(
        PipeWriter output, ReadOnlyMemory<byte> part, TimeProvider time, CancellationToken cancel)
    {
        while (!part.IsEmpty)
        {
            var piece = part[..Math.Min(part.Length, PieceBytes)];
            part = part[piece.Length..];
            output.Write(piece.Span);
            if (!await FlushAsync(output, StallTimeout, time, cancel)) return false;
        }
        return true;
    }

    /// <summary>Sends the bytes written so far.</summary>
    /// <param name="patience">How long the client may accept no bytes.</param>
    /// <returns>False if the client has stalled or disconnected.</returns>
    public static async ValueTask<bool> FlushAsync(PipeWriter output, TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        var flush = output.FlushAsync(cancel);
        if (flush.IsCompletedSuccessfully) return !flush.Result.IsCompleted;
        try
        {
            return !(await flush.AsTask().WaitAsync(patience, time, cancel)).IsCompleted;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
