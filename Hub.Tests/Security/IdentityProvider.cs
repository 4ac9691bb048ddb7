using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>An OpenID Connect provider as far as a resource server sees one: a discovery document and a key, on loopback.</summary>
internal sealed class IdentityProvider : IAsyncDisposable
{
    private const string KeyId = "key-1";

    private readonly RSA _key = RSA.Create(2048);
    private readonly WebApplication _app;

    private IdentityProvider(int port)
    {
        Address = $"http://127.0.0.1:{port}";
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add(Address);
        _app.MapGet("/.well-known/openid-configuration", () => Results.Json(new { issuer = Address, jwks_uri = Address + "/keys" }));
        _app.MapGet("/keys", () =>
        {
            var numbers = _key.ExportParameters(includePrivateParameters: false);
            return Results.Json(new { keys = new[] { new { kty = "RSA", use = "sig", kid = KeyId, n = Tokens.Encode(numbers.Modulus), e = Tokens.Encode(numbers.Exponent) } } });
        });
    }

    public string Address { get; }

    /// <summary>The public key as text: what an attacker would sign with, hoping to have it taken for a shared one.</summary>
    public string PublicKey => _key.ExportSubjectPublicKeyInfoPem();

    public static async Task<IdentityProvider> StartAsync(int port, CancellationToken cancel)
    {
        var provider = new IdentityProvider(port);
        await provider._app.StartAsync(cancel);
        return provider;
    }

    /// <summary>An RS256 token.</summary>
    public string Mint(string user, string? issuer = null, string audience = "orders")
    {
        var exp = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 600;
        var header = JsonSerializer.Serialize(new { alg = "RS256", typ = "at+jwt", kid = KeyId });
        var payload = JsonSerializer.Serialize(new { sub = user, iss = issuer ?? Address, aud = audience, exp });
        var signed = $"{Tokens.Encode(Encoding.UTF8.GetBytes(header))}.{Tokens.Encode(Encoding.UTF8.GetBytes(payload))}";
        return $"{signed}.{Tokens.Encode(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
    }
}
