using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Realtime.Server.Routing;

/// <summary>The connections to other nodes, on which forwarded requests go out. A request is sent once.</summary>
internal sealed class OwnerClient() : HttpMessageInvoker(Handler(ConnectAsync))
{
    /// <summary>How long an owner may take to accept a connection, TLS included.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Bytes of an answer that the kernel may hold while the caller takes none: the owner soon notices a caller that does not read.
    /// </summary>
    private const int ReceiveBufferBytes = 64 * 1024;

    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    // Shared by all requests: its length is set here, so that no request writes to its headers, and nothing disposes it.
    private static readonly ByteArrayContent Empty = new([]) { Headers = { ContentLength = 0 } };

    // Left to itself, the framework takes the name to check the certificate against from the Host that the caller chose, and keeps a pool
    // of connections for each.
    private readonly HttpMessageInvoker _secure = new(Handler(ConnectSecurelyAsync));

    public override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // The framework repeats a request when its connection breaks, but none with a content, even an empty one: a poll may have been
        // carried out.
        request.Content ??= Empty;
        var target = request.RequestUri!;
        if (target.Scheme != Uri.UriSchemeHttps) return base.SendAsync(request, cancellationToken);
        request.Headers.Host ??= target.Authority;
        request.RequestUri = new Uri($"{Uri.UriSchemeHttp}://{target.Host}:{target.Port}{target.PathAndQuery}", AsWritten);
        return _secure.SendAsync(request, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _secure.Dispose();
        base.Dispose(disposing);
    }

    private static SocketsHttpHandler Handler(Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect) => new()
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
        ConnectCallback = connect,
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

    /// <summary>
    /// TLS with the node's own address as the name in its certificate. HTTP/1.1 also where the listener would rather speak HTTP/2.
    /// </summary>
    private static async ValueTask<Stream> ConnectSecurelyAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var secure = new SslStream(await ConnectAsync(context, cancel));
        try
        {
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = context.DnsEndPoint.Host,
                ApplicationProtocols = [SslApplicationProtocol.Http11],
            };
            await secure.AuthenticateAsClientAsync(options, cancel);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync();
            throw;
        }
    }
}
