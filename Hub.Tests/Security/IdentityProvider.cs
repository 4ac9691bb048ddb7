using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>
/// An OpenID Connect provider as far as a resource server sees one: a discovery document and keys, on loopback. It can rotate its key and
/// hang.
/// </summary>
internal sealed class IdentityProvider : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<SigningKey> _keys = [];
    private volatile SigningKey _current = null!;
    private volatile TaskCompletionSource? _hanging;
    private int _fetches;

    private IdentityProvider(int port)
    {
        Rotate();
        Address = $"http://127.0.0.1:{port}";
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add(Address);
        _app.MapGet("/.well-known/openid-configuration", async context =>
        {
            Interlocked.Increment(ref _fetches);
            if (_hanging is { } hanging) await hanging.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsJsonAsync(new { issuer = Address, jwks_uri = Address + "/keys" });
        });
        _app.MapGet("/keys", () => Results.Json(new { keys = new[] { _current.Published() } }));
    }

    public string Address { get; }

    /// <summary>How often the keys were asked for.</summary>
    public int Fetches => Volatile.Read(ref _fetches);

    /// <summary>The public key as text: an attacker would sign with it, in the hope that it is accepted as a shared key.</summary>
    public string PublicKey => _current.Key.ExportSubjectPublicKeyInfoPem();

    public static async Task<IdentityProvider> StartAsync(int port, CancellationToken cancel)
    {
        var provider = new IdentityProvider(port);
        await provider._app.StartAsync(cancel);
        return provider;
    }

    /// <summary>Signs and publishes with another key from now on.</summary>
    /// <param name="name">Null: a new name.</param>
    public void Rotate(string? name = null)
    {
        _keys.Add(new(name ?? $"key-{_keys.Count + 1}", RSA.Create(2048)));
        _current = _keys[^1];
    }

    /// <summary>Accepts requests and does not respond to them, until the test switches that off.</summary>
    public void Hang() => _hanging = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void GoOn()
    {
        var hanging = _hanging;
        _hanging = null;
        hanging?.SetResult();
    }

    /// <summary>An RS256 token.</summary>
    /// <param name="keyName">What the token says about its key; null: the truth; empty: nothing.</param>
    public string Mint(
        string user, string? issuer = null, string audience = "orders", string? keyName = null, DateTimeOffset? expires = null)
    {
        var exp = (expires ?? TimeProvider.System.GetUtcNow().AddMinutes(10)).ToUnixTimeSeconds();
        var kid = keyName ?? _current.Name;
        var header = kid.Length == 0 ? """{"alg":"RS256"}""" : JsonSerializer.Serialize(new { alg = "RS256", typ = "at+jwt", kid });
        return Sign(header, JsonSerializer.Serialize(new { sub = user, iss = issuer ?? Address, aud = audience, exp }));
    }

    /// <summary>A token with any claims; <c>iss</c> and <c>exp</c> are added.</summary>
    /// <param name="claims">A JSON object.</param>
    public string MintClaims(string claims)
    {
        var payload = JsonNode.Parse(claims)!.AsObject();
        payload["iss"] = Address;
        payload["exp"] = TimeProvider.System.GetUtcNow().AddMinutes(10).ToUnixTimeSeconds();
        return Sign(JsonSerializer.Serialize(new { alg = "RS256", typ = "JWT", kid = _current.Name }), payload.ToJsonString());
    }

    public async ValueTask DisposeAsync()
    {
        GoOn();
        await _app.DisposeAsync();
        foreach (var key in _keys) key.Key.Dispose();
    }

    private string Sign(string header, string payload)
    {
        var signed = $"{Tokens.Encode(Encoding.UTF8.GetBytes(header))}.{Tokens.Encode(Encoding.UTF8.GetBytes(payload))}";
        var signature = _current.Key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{signed}.{Tokens.Encode(signature)}";
    }

    private sealed record SigningKey(string Name, RSA Key)
    {
        public object Published()
        {
            var numbers = Key.ExportParameters(includePrivateParameters: false);
            return new { kty = "RSA", use = "sig", kid = Name, n = Tokens.Encode(numbers.Modulus), e = Tokens.Encode(numbers.Exponent) };
        }
    }
}
