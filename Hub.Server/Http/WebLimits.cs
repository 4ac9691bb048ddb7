using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Realtime.Server.Http;

/// <summary>
/// How large the head of a request may be, on every path to a node: the web server's limits and those of the proxy files under
/// <c>deploy/</c>. Browsers put a token and a cursor into the query, other clients into headers.
/// </summary>
/// <remarks>Beyond them the web server answers <c>414</c> (request line) or <c>431</c> (headers); so do proxies, or <c>400</c>.</remarks>
internal static class WebLimits
{
    /// <summary>Request line and headers together, as the client sends them; bytes.</summary>
    public const int HeadBytes = 64 * 1024;

    /// <summary>
    /// The longest token that fits beside the cursor of its topics and the headers that browsers add; characters. A token that names a
    /// hundred groups of the longest names, written in UTF-8, has 53,000.
    /// </summary>
    public const int TokenLength = 56 * 1024;

    /// <summary>The longest cursor: of a hundred groups, the user and everyone; characters.</summary>
    public const int CursorLength = 2_560;

    /// <summary>Headers of a request, as the client sends them.</summary>
    public const int Headers = 100;

    /// <summary>Bytes and headers that a proxy and a forwarding node may add to the head.</summary>
    public const int AddedBytes = 4 * 1024, AddedHeaders = 20;

    /// <summary>
    /// Concurrent requests on one HTTP/2 connection. More than a user's streams: with the web server's own 100, the next request would get
    /// no response.
    /// </summary>
    public const int StreamsPerConnection = 256;

    /// <summary>
    /// Bytes of one connection that are buffered before the server reads them. The web server's default is a megabyte, for every client
    /// that sends faster than the server reads, authenticated or not.
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
