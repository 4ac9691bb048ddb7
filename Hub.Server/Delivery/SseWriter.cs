using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using Realtime.Server.Feed;
using Realtime.Server.Http;

namespace Realtime.Server.Delivery;

/// <summary>
/// Writes items as server-sent events (WHATWG HTML, section 9.2): a notification is the default event, everything else is named; the id is
/// the cursor, which a browser sends back as <c>Last-Event-ID</c>.
/// </summary>
/// <remarks>
/// Writes go out in pieces of at most <see cref="FlushBytes"/>. A reader that does not take a piece within
/// <see cref="PacedWrites.StallTimeout"/> has stalled.
/// </remarks>
internal sealed class SseWriter(PipeWriter output, TimeProvider time)
{
    /// <summary>Bytes after which the buffer is sent, even if more items are ready.</summary>
    public const int FlushBytes = PacedWrites.PieceBytes;

    public bool MustFlush => output.UnflushedBytes >= FlushBytes;

    /// <summary>Adds one event.</summary>
    /// <param name="retry">How long a browser should wait before it reconnects.</param>
    public void Write(CurrentItem item, TimeSpan? retry = null)
    {
        if ((retry ?? item.Closing?.ReconnectIn) is { } wait) WriteRetry((long)wait.TotalMilliseconds);
        // An empty id would erase the id that the browser holds.
        if (!item.Cursor.IsEmpty)
        {
            output.Write("id: "u8);
            output.Write(item.Cursor);
            output.Write("\n"u8);
        }
        if (NameOf(item.Kind) is { IsEmpty: false } name)
        {
            output.Write("event: "u8);
            output.Write(name);
            output.Write("\n"u8);
        }
        output.Write("data: "u8);
        ItemJson.Write(output, item);
        output.Write("\n\n"u8);
    }

    /// <summary>Sends the buffered events.</summary>
    /// <returns>False if the reader has stalled or disconnected.</returns>
    public ValueTask<bool> FlushAsync(CancellationToken cancel) => FlushAsync(PacedWrites.StallTimeout, cancel);

    /// <inheritdoc cref="FlushAsync(CancellationToken)"/>
    /// <param name="patience">How long the reader may accept no bytes.</param>
    public ValueTask<bool> FlushAsync(TimeSpan patience, CancellationToken cancel) =>
        output.UnflushedBytes == 0 ? new(true) : PacedWrites.FlushAsync(output, patience, time, cancel);

    private static ReadOnlySpan<byte> NameOf(FeedItemKind kind) => kind switch
    {
        FeedItemKind.Gap => "gap"u8,
        FeedItemKind.Closing => "closing"u8,
        FeedItemKind.Position => "heartbeat"u8,
        _ => default,
    };

    private void WriteRetry(long milliseconds)
    {
        output.Write("retry: "u8);
        Utf8Formatter.TryFormat(milliseconds, output.GetSpan(20), out var written);
        output.Advance(written);
        output.Write("\n"u8);
    }
}
