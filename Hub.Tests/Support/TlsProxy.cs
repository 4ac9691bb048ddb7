using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Realtime.Tests.Support;

/// <summary>Speaks TLS on a port of loopback and passes the plain bytes on to another port.</summary>
internal sealed class TlsProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly TestAuthority? _own;
    private readonly TestAuthority _authority;
    private readonly X509Certificate2 _certificate;
    private readonly int _target;
    private readonly Task _accepting;

    /// <param name="target">A port on loopback.</param>
    /// <param name="host">The name that the certificate is for.</param>
    /// <param name="authority">Who issues it; null: an authority that only this proxy knows.</param>
    public TlsProxy(int target, string host, TestAuthority? authority = null)
    {
        _target = target;
        _authority = authority ?? (_own = new TestAuthority());
        _certificate = _authority.Issue(host);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The authority's certificate, PEM.</summary>
    public string IssuerFile => _authority.CertificateFile;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        // The listener last: between two connections, accepting from a stopped one is an error of its own.
        await Eventually.Ends("the proxy has stopped", _accepting);
        _listener.Dispose();
        _stopping.Dispose();
        _certificate.Dispose();
        if (_own is not null) await _own.DisposeAsync();
    }

    private async Task AcceptAsync()
    {
        var links = new List<Task>();
        try
        {
            while (true) links.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stopping.Token)));
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(links);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            await using var secure = new SslStream(client.GetStream());
            await secure.AuthenticateAsServerAsync(new() { ServerCertificate = _certificate }, _stopping.Token);
            using var server = new TcpClient();
            await server.ConnectAsync(IPAddress.Loopback, _target, _stopping.Token);
            var plain = server.GetStream();
            await await Task.WhenAny(secure.CopyToAsync(plain, _stopping.Token), plain.CopyToAsync(secure, _stopping.Token));
        }
        catch (Exception ended) when (ended is IOException or SocketException or AuthenticationException or OperationCanceledException)
        {
            /* the client did not like the certificate, or one side is gone */
        }
    }
}
