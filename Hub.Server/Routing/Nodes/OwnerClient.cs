using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Realtime.Server.Connections;

namespace Realtime.Server.Routing.Nodes;

/// <summary>The connections to other nodes, which carry forwarded requests. A request is sent only once.</summary>
/// <remarks>
/// An owner whose address is an <see cref="OwnerName"/> proves its identity on each new connection. Owners of earlier versions cannot, and
/// are addressed directly.
/// </remarks>
internal sealed class OwnerClient : HttpMessageInvoker
{
    /// <summary>How long an owner may take to accept a connection, TLS included.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>How long an owner may be silent. A long poll ends after 25 s, and an event stream sends something every 15 s.</summary>
    public static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(40);

    /// <summary>How long a connection is used: a proof from its start may become outdated.</summary>
    public static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Bytes of a response that the kernel may hold while the caller accepts none. A low limit lets the owner soon notice such a caller.
    /// </summary>
    private const int ReceiveBufferBytes = 64 * 1024;

    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    // Shared by all requests: its length is set here, so no request changes its headers, and nothing disposes it.
    private static readonly ByteArrayContent Empty = new([]) { Headers = { ContentLength = 0 } };

    // By default, the framework checks the certificate against the Host header, which the caller chose, and keeps a pool of connections for
    // each name.
    private readonly HttpMessageInvoker _secure = new(Handler((context, cancel) => ConnectSecurelyAsync(context.DnsEndPoint, cancel)));

    private readonly HttpMessageInvoker _proven;
    private readonly NodeDirectory _directory;
    private readonly OwnerProof _proof;

    public OwnerClient(NodeDirectory directory, TimeProvider time) : base(
        Handler((context, cancel) => ConnectAsync(context.DnsEndPoint, cancel))) =>
        (_directory, _proof, _proven) = (directory, new OwnerProof(directory, time), new(Handler(ConnectToOwnerAsync)));

    public override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // The framework retries a request whose connection breaks, unless the request has a content, even an empty one. A poll must not be
        // retried: it may have been carried out.
        request.Content = request.Content switch
        {
            null => Empty,
            { Headers.ContentLength: not null } body => new UnflushedContent(body),
            { } body => body,
        };
        var target = request.RequestUri!;
        if (OwnerName.IsIn(target.OriginalString)) return _proven.SendAsync(request, cancellationToken);
        if (target.Scheme != Uri.UriSchemeHttps) return base.SendAsync(request, cancellationToken);
        request.Headers.Host ??= target.Authority;
        request.RequestUri = new Uri($"{Uri.UriSchemeHttp}://{target.Host}:{target.Port}{target.PathAndQuery}", AsWritten);
        return _secure.SendAsync(request, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _secure.Dispose();
            _proven.Dispose();
        }
        base.Dispose(disposing);
    }

    private static SocketsHttpHandler Handler(Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        // Without a propagator there is no activity either: its tags would hold the address with the connection's token.
        ActivityHeadersPropagator = null,
        ConnectTimeout = ConnectTimeout,
        // Kestrel closes connections that were idle for 130 s; no request may use one at that moment.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
        PooledConnectionLifetime = ConnectionLifetime,
        ConnectCallback = connect,
        // The encoding with which Kestrel reads headers.
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
    };

    private async ValueTask<Stream> ConnectToOwnerAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var request = context.InitialRequestMessage;
        var owner = OwnerName.OwnerIn(request.RequestUri!.OriginalString);
        var address = _directory.AddressOf(owner) ?? throw new HttpRequestException("The node is not known any more.");
        var target = new DnsEndPoint(address.IdnHost, address.Port);
        var connection = await (address.Scheme == Uri.UriSchemeHttps ? ConnectSecurelyAsync(target, cancel) : ConnectAsync(target, cancel));
        try
        {
            await _proof.RequireAsync(connection, owner, request.Headers.Host ?? address.Authority, cancel);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint target, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = ReceiveBufferBytes };
        try
        {
            if (FileDescriptors.IsScarce(socket.Handle))
                throw new IOException($"This node may open no more files: raise the limit ({FileDescriptors.HowToRaise}).");
            await socket.ConnectAsync(target, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// TLS, with the node's own address as the name in its certificate. HTTP/1.1 even if the listener prefers HTTP/2.
    /// </summary>
    private static async ValueTask<Stream> ConnectSecurelyAsync(DnsEndPoint target, CancellationToken cancel)
    {
        var secure = new SslStream(await ConnectAsync(target, cancel));
        try
        {
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = target.Host,
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
