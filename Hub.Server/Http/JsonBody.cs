using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.Net.Http.Headers;

namespace Realtime.Server.Http;

/// <summary>What every endpoint that takes a body asks first: the right type (415), not too large (413).</summary>
internal static class JsonBody
{
    public const string Json = "application/json";
    public const string Lines = "application/x-ndjson";

    /// <summary>Null, or why the body's type is refused. Parameters are tolerated, except a charset other than UTF-8.</summary>
    public static Problem? CheckType(HttpRequest request, string expected)
    {
        var type = request.ContentType;
        // What nearly everybody sends needs no parser.
        var right = string.Equals(type, expected, StringComparison.Ordinal) || Matches(type, expected);
        if (right && request.Headers.ContentEncoding.Count == 0) return null;
        return new(StatusCodes.Status415UnsupportedMediaType, $"Send {expected}, in UTF-8 and without Content-Encoding.");
    }

    /// <summary>The refusal of a body over a limit.</summary>
    public static Problem TooLarge(int limit) => new(StatusCodes.Status413PayloadTooLarge, $"At most {limit:N0} bytes are accepted.");

    /// <summary>
    /// Reads a whole body, at most <paramref name="limit"/> bytes of it. If the result is not completed, the body is larger than that. In
    /// either case the caller advances the reader.
    /// </summary>
    public static ValueTask<ReadResult> ReadAsync(PipeReader body, int limit)
    {
        try
        {
            // Small bodies have arrived with their headers.
            if (body.TryRead(out var read))
            {
                if (read.IsCompleted || read.Buffer.Length > limit) return new(Cut(read, limit));
                body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        catch (IOException broken) when (IsUnnamed(broken))
        {
            throw Malformed(broken);
        }
        return ReadSlowlyAsync(body, limit);
    }

    /// <summary>Waits for the next part of a body. What fails here is the client's fault, or its network's.</summary>
    /// <exception cref="BadHttpRequestException">The body is malformed, or comes too slowly.</exception>
    /// <exception cref="ConnectionResetException">The client has left.</exception>
    public static async ValueTask<ReadResult> ReadPartAsync(PipeReader body, CancellationToken cancel)
    {
        try
        {
            return await body.ReadAsync(cancel);
        }
        catch (IOException broken) when (IsUnnamed(broken))
        {
            throw Malformed(broken);
        }
    }

    private static async ValueTask<ReadResult> ReadSlowlyAsync(PipeReader body, int limit)
    {
        while (true)
        {
            // Bounded by Kestrel's minimum data rate; a caller that leaves ends it with an exception.
            var read = await ReadPartAsync(body, CancellationToken.None);
            if (read.IsCompleted || read.Buffer.Length > limit) return Cut(read, limit);
            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    // The web server has no name for some faults, such as the size of a chunk that overflows.
    private static bool IsUnnamed(IOException broken) => broken is not (BadHttpRequestException or ConnectionResetException);

    private static BadHttpRequestException Malformed(IOException broken) => new(broken.Message, StatusCodes.Status400BadRequest, broken);

    private static ReadResult Cut(ReadResult read, int limit) =>
        read.Buffer.Length <= limit ? read : new(read.Buffer, false, isCompleted: false);

    private static bool Matches(string? type, string expected) =>
        MediaTypeHeaderValue.TryParse(type, out var parsed)
        && parsed.MediaType.Equals(expected, StringComparison.OrdinalIgnoreCase)
        && (!parsed.Charset.HasValue || HeaderUtilities.RemoveQuotes(parsed.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));
}
