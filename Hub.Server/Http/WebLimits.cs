using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Realtime.Server.Http;

/// <summary>
/// How large the head of a request may be, on every way to a node: the web server's limits and those of the proxy files under
/// <c>deploy/</c>. Browsers put a token and a cursor into the query, the others into headers.
/// </summary>
/// <remarks>Beyond them the web server answers <c>414</c> (request line) or <c>431</c> (headers); so do proxies, or <c>400</c>.</remarks>
internal static class WebLimits
{
    /// <summary>Request line and headers together, as the client sends them; bytes.</summary>
    public const int HeadBytes = 64 * 1024;

    /// <summary>
    /// The longest token that fits beside the cursor of its topics and what browsers send by themselves; characters. One that names a
    /// hundred groups of the longest names, written in UTF-8, has 53,000.
    /// </summary>
    public const int TokenLength = 56 * 1024;

    /// <summary>The longest cursor: of a hundred groups, the user and everyone; characters.</summary>
    public const int CursorLength = 2_560;

    /// <summary>Headers of a request, as the client sends them.</summary>
    public const int Headers = 100;

    /// <summary>Bytes that a proxy and a node that forwards may add to the head, and headers.</summary>
    public const int AddedBytes = 4 * 1024, AddedHeaders = 20;

    /// <summary>
    /// Requests at a time on one connection with HTTP/2. More than a user's streams: the web server's own 100 would leave the next one
    /// without an answer.
    /// </summary>
    public const int StreamsPerConnection = 256;

    /// <summary>
    /// Bytes of one connection that are read ahead of the server's own reading. The web server's default is a megabyte, for everybody who
    /// sends faster than the server reads, known or not.
    /// </summary>
    public const int ReadBufferBytes = 16 * 1024;

    public static void Apply(KestrelServerLimits limits)
    {
        limits.MaxRequestBufferSize = 2 * (HeadBytes + AddedBytes);
        limits.MaxRequestLineSize = HeadBytes + AddedBytes;
        limits.MaxRequestHeadersTotalSize = HeadBytes + AddedBytes;
        limits.MaxRequestHeaderCount = Headers + AddedHeaders;
        limits.Http2.MaxRequestHeaderFieldSize = HeadBytes + AddedBytes;
        limits.Http2.MaxStreamsPerConnection = StreamsPerConnection;
    }
}
