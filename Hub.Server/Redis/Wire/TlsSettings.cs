using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using StackExchange.Redis;

namespace Realtime.Server.Redis.Wire;

/// <summary>
/// TLS as the client library sets it up: options from the connection string, files from the library's environment variables. The library
/// applies those variables inside its connections, where no other code can read the result.
/// </summary>
internal static class TlsSettings
{
    /// <summary>The certificate of an authority to trust in addition to those of the machine.</summary>
    public const string IssuerFile = "SERedis_IssuerCertPath";

    private const string ClientPfxFile = "SERedis_ClientCertPfxPath";
    private const string ClientPfxPassword = "SERedis_ClientCertPassword";
    private const string ClientPemFile = "SERedis_ClientCertPemPath";

    /// <summary>Despite its name, this variable holds the path of the PEM's private key.</summary>
    private const string ClientPemKeyFile = "SERedis_ClientCertPasswordPath";

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>The name that the certificate must be for.</summary>
    public static string HostOf(ConfigurationOptions options, EndPoint server) => options.SslHost is { Length: > 0 } host
        ? host
        : server switch
        {
            DnsEndPoint named => named.Host,
            IPEndPoint numbered => numbered.Address.ToString(),
            _ => server.ToString() ?? "",
        };

    public static SslClientAuthenticationOptions For(ConfigurationOptions options, string host)
    {
        var settings = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            EnabledSslProtocols = options.SslProtocols ?? SslProtocols.None,
            CertificateRevocationCheckMode = options.CheckCertificateRevocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck,
        };
        if (Variable(IssuerFile) is { } file)
        {
            var issuer = X509CertificateLoader.LoadCertificateFromFile(file);
            settings.RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsTrusted(certificate, errors, issuer);
        }
        if (ClientCertificate() is { } own) settings.LocalCertificateSelectionCallback = (_, _, _, _, _) => own;
        return settings;
    }

    private static X509Certificate2? ClientCertificate()
    {
        if (Variable(ClientPfxFile) is { } pfx) return X509CertificateLoader.LoadPkcs12FromFile(pfx, Variable(ClientPfxPassword));
        return Variable(ClientPemFile) is { } pem ? X509Certificate2.CreateFromPemFile(pem, Variable(ClientPemKeyFile)) : null;
    }

    /// <summary>True also if the only fault is an unknown authority and the chain contains <paramref name="issuer"/>.</summary>
    private static bool IsTrusted(X509Certificate? certificate, SslPolicyErrors errors, X509Certificate2 issuer)
    {
        if (errors == SslPolicyErrors.None) return true;
        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is not X509Certificate2 theirs) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
        chain.ChainPolicy.ApplicationPolicy.Add(new(ServerAuthentication));
        chain.ChainPolicy.ExtraStore.Add(issuer);
        return chain.Build(theirs)
            && chain.ChainElements.Any(element => element.Certificate.RawDataMemory.Span.SequenceEqual(issuer.RawDataMemory.Span));
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
