using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Realtime.Tests.Support;

/// <summary>Speaks TLS on a port of loopback and passes the plain bytes on to another port, with a certificate from an authority that only this proxy knows.</summary>
internal sealed class TlsProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hub-tls-");
    private readonly X509Certificate2 _certificate;
    private readonly int _target;
    private readonly Task _accepting;

    /// <param name="target">A port on loopback.</param>
    /// <param name="host">The name that the certificate is for.</param>
    public TlsProxy(int target, string host)
    {
        _target = target;
        _certificate = Issue(host);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The authority's certificate, PEM.</summary>
    public string IssuerFile => Path.Combine(_folder.FullName, "issuer.pem");

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        // The listener last: between two connections, accepting from a stopped one is an error of its own.
        await Eventually.Ends("the proxy has stopped", _accepting);
        _listener.Dispose();
        _stopping.Dispose();
        _certificate.Dispose();
        _folder.Delete(recursive: true);
    }

    private X509Certificate2 Issue(string host)
    {
        var (from, to) = (TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=Test authority", authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using var issuer = authority.CreateSelfSigned(from, to);
        File.WriteAllText(IssuerFile, issuer.ExportCertificatePem());

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1")], critical: false));
        using var issued = request.Create(issuer, from, to, [1, 2, 3, 4]);
        return issued.CopyWithPrivateKey(key);
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
