using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Realtime.Tests.Support;

/// <summary>Mints HS256 tokens by hand: the tests share no code with the product, and can mint wrong ones too.</summary>
internal static class Tokens
{
    /// <summary>What test servers get as <c>Hub:Auth:SigningKey</c>.</summary>
    public const string SigningKey = "tests-only-0123456789abcdef0123456789abcdef";

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>A good token that is valid for an hour.</summary>
    public static string For(string user, string[]? groups = null, params string[] roles) =>
        For(user, TimeProvider.System.GetUtcNow() + Lifetime, groups, roles);

    /// <summary>A good token with a time of its own.</summary>
    public static string For(string user, DateTimeOffset expiresAt, string[]? groups = null, params string[] roles)
    {
        var claims = new Dictionary<string, object?> { ["sub"] = user, ["exp"] = expiresAt.ToUnixTimeSeconds() };
        if (groups is not null) claims["groups"] = groups;
        if (roles.Length > 0) claims["role"] = roles;
        return Mint(claims);
    }

    /// <summary>A good token that may publish.</summary>
    public static string Publisher(string user = "publisher") => For(user, null, "publisher");

    /// <summary>Any payload under any header, signed.</summary>
    public static string Mint(object payload, string key = SigningKey, string header = """{"alg":"HS256","typ":"JWT"}""") =>
        Mint(JsonSerializer.Serialize(payload), key, header);

    /// <summary>Any payload text under any header, signed with HMAC-SHA256 whatever the header says.</summary>
    public static string Mint(string payload, string key = SigningKey, string header = """{"alg":"HS256","typ":"JWT"}""")
    {
        var signed = $"{Encode(Encoding.UTF8.GetBytes(header))}.{Encode(Encoding.UTF8.GetBytes(payload))}";
        return $"{signed}.{Encode(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(signed)))}";
    }

    /// <summary>Base64url without padding.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);
}
