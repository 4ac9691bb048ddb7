using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Realtime.Server.Routing;

/// <summary>The connections to other nodes, on which forwarded requests go out. A request is sent once.</summary>
internal sealed class OwnerClient() : HttpMessageInvoker(Handler())
{
    /// <summary>How long an owner may take to accept a connection.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Bytes of an answer that the kernel may hold while the caller takes none: the owner soon notices a caller that does not read.
    /// </summary>
    private const int ReceiveBufferBytes = 64 * 1024;

    // Shared by all requests: its length is set here, so that no request writes to its headers, and nothing disposes it.
    private static readonly ByteArrayContent Empty = new([]) { Headers = { ContentLength = 0 } };

    public override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // The framework repeats a request when its connection breaks, but none with a content, even an empty one: a poll may have been
        // carried out.
        request.Content ??= Empty;
        return base.SendAsync(request, cancellationToken);
    }

    private static SocketsHttpHandler Handler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        // Without a propagator there is no activity either, whose tags would name the address with the connection's token.
        ActivityHeadersPropagator = null,
        ConnectTimeout = ConnectTimeout,
        // Kestrel closes what was idle for 130 s; no request may meet that.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
        ConnectCallback = ConnectAsync,
        // As Kestrel has read them.
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
    };

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = ReceiveBufferBytes };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
