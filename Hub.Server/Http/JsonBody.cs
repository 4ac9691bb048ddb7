using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.Net.Http.Headers;

namespace Realtime.Server.Http;

/// <summary>The first checks of every endpoint that takes a body: the right type (415), not too large (413).</summary>
internal static class JsonBody
{
    public const string Json = "application/json";
    public const string Lines = "application/x-ndjson";

    /// <summary>Null, or the refusal of the body's type. Parameters are tolerated, except a charset other than UTF-8.</summary>
    public static Problem? CheckType(HttpRequest request, string expected)
    {
        var type = request.ContentType;
        // The usual value needs no parser.
        var right = string.Equals(type, expected, StringComparison.Ordinal) || Matches(type, expected);
        if (right && request.Headers.ContentEncoding.Count == 0) return null;
        return new(StatusCodes.Status415UnsupportedMediaType, $"Send {expected}, in UTF-8 and without Content-Encoding.");
    }

    /// <summary>Reads a whole body of JSON. A body of another type, or a larger one, is refused here.</summary>
    /// <returns>Null: the request was answered.</returns>
    public static async ValueTask<byte[]?> ReadOrRefuseAsync(HttpContext context, int limit)
    {
        if (CheckType(context.Request, Json) is { } wrongType)
        {
            await Problems.WriteAsync(context, wrongType);
            return null;
        }
        var reader = context.Request.BodyReader;
        var read = await ReadAsync(reader, limit);
        var body = read.IsCompleted ? read.Buffer.ToArray() : null;
        // Always: the web server must be able to read past a refused body.
        reader.AdvanceTo(read.Buffer.End);
        if (body is null) await Problems.WriteAsync(context, TooLarge(limit));
        return body;
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

    /// <summary>Waits for the next part of a body. A failure here is caused by the client or its network.</summary>
    /// <exception cref="BadHttpRequestException">The body is malformed, or arrives too slowly.</exception>
    /// <exception cref="ConnectionResetException">The client has disconnected.</exception>
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
            // Bounded by Kestrel's minimum data rate; a client that disconnects ends it with an exception.
            var read = await ReadPartAsync(body, CancellationToken.None);
            if (read.IsCompleted || read.Buffer.Length > limit) return Cut(read, limit);
            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    // The web server has no exception type for some faults, such as a chunk size that overflows.
    private static bool IsUnnamed(IOException broken) => broken is not (BadHttpRequestException or ConnectionResetException);

    private static BadHttpRequestException Malformed(IOException broken) => new(broken.Message, StatusCodes.Status400BadRequest, broken);

    private static ReadResult Cut(ReadResult read, int limit) =>
        read.Buffer.Length <= limit ? read : new(read.Buffer, false, isCompleted: false);

    private static bool Matches(string? type, string expected) =>
        MediaTypeHeaderValue.TryParse(type, out var parsed)
        && parsed.MediaType.Equals(expected, StringComparison.OrdinalIgnoreCase)
        && (!parsed.Charset.HasValue || HeaderUtilities.RemoveQuotes(parsed.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));
}
