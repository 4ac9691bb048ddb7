using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Realtime.Compare.Server;

/// <summary>Mints the tokens of readers and the publisher for a server that was given the same key.</summary>
internal sealed class AccessTokens(TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(6);

    /// <summary>What the server gets as <c>Hub:Auth:SigningKey</c>; it lives as long as this run.</summary>
    public string Key { get; } = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));

    public string Reader(string user, string group) => Mint(new() { ["sub"] = user, ["groups"] = new[] { group } });

    public string Publisher() => Mint(new() { ["sub"] = "compare-publisher", ["role"] = "publisher" });

    public string Admin() => Mint(new() { ["sub"] = "compare-operator", ["role"] = "admin" });

    /// <summary>The <c>sub</c> of somebody else's token.</summary>
    /// <exception cref="InvalidOperationException">It has none.</exception>
    public static string UserOf(string token)
    {
        try
        {
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]));
            return claims.RootElement.GetProperty("sub").GetString()!;
        }
        catch (Exception malformed) when (malformed is FormatException or IndexOutOfRangeException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidOperationException("--token is not a JWT with a sub: give the token of a user with the role publisher.");
        }
    }

    private string Mint(Dictionary<string, object> claims)
    {
        claims["exp"] = (time.GetUtcNow() + Lifetime).ToUnixTimeSeconds();
        var signed = $"{Encode("""{"alg":"HS256","typ":"JWT"}""")}.{Encode(JsonSerializer.Serialize(claims))}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), Encoding.UTF8.GetBytes(signed)))}";
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
