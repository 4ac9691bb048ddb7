using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Realtime.Tests.Support;

/// <summary>An authority for certificates that only these tests know. A process trusts it if <c>SSL_CERT_FILE</c> names its file.</summary>
internal sealed class TestAuthority : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hub-tls-");
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;
    private readonly DateTimeOffset _from = TimeProvider.System.GetUtcNow().AddDays(-1), _to = TimeProvider.System.GetUtcNow().AddDays(1);
    private byte _issued;

    public TestAuthority()
    {
        var request = new CertificateRequest("CN=Test authority", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        _certificate = request.CreateSelfSigned(_from, _to);
        File.WriteAllText(CertificateFile, _certificate.ExportCertificatePem());
    }

    /// <summary>The authority's own certificate, PEM.</summary>
    public string CertificateFile => Path.Combine(_folder.FullName, "issuer.pem");

    /// <param name="host">The name or the IP address that the certificate is for.</param>
    public X509Certificate2 Issue(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out var address)) names.AddIpAddress(address);
        else names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1")], critical: false));
        using var issued = request.Create(_certificate, _from, _to, [1, 2, 3, ++_issued]);
        return issued.CopyWithPrivateKey(key);
    }

    /// <summary>Issues a certificate as files, PEM.</summary>
    public (string Certificate, string Key) IssueFiles(string host)
    {
        using var issued = Issue(host);
        using var key = issued.GetECDsaPrivateKey()!;
        var path = Path.Combine(_folder.FullName, $"{_issued}");
        File.WriteAllText($"{path}.pem", issued.ExportCertificatePem());
        File.WriteAllText($"{path}.key", key.ExportPkcs8PrivateKeyPem());
        return ($"{path}.pem", $"{path}.key");
    }

    public ValueTask DisposeAsync()
    {
        _certificate.Dispose();
        _key.Dispose();
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}
