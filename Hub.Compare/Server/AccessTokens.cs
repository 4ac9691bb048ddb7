using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Realtime.Compare.Server;

/// <summary>Signs the tokens of readers and the publisher, with the key that the server is given.</summary>
internal sealed class AccessTokens(TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(6);
    private static readonly JsonWebTokenHandler Tokens = new() { SetDefaultTimesOnTokenCreation = false };

    /// <summary>The server's <c>Hub:Auth:SigningKey</c>; valid for this run only.</summary>
    public string Key { get; } = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));

    public string Reader(string user, string group) => Mint(user, "groups", new[] { group });

    public string Publisher() => Mint("compare-publisher", "role", "publisher");

    public string Admin() => Mint("compare-operator", "role", "admin");

    /// <summary>The <c>sub</c> of a token that we did not sign.</summary>
    /// <exception cref="InvalidOperationException">The token has no <c>sub</c>.</exception>
    public static string UserOf(string token)
    {
        try
        {
            if (new JsonWebToken(token).Subject is { Length: > 0 } subject) return subject;
        }
        catch (ArgumentException)
        {
            // The text is not a JWT.
        }
        throw new InvalidOperationException("--token is not a JWT with a sub: give the token of a user with the role publisher.");
    }

    private string Mint(string user, string claim, object value) => Tokens.CreateToken(new SecurityTokenDescriptor
    {
        Claims = new Dictionary<string, object> { ["sub"] = user, [claim] = value },
        Expires = (time.GetUtcNow() + Lifetime).UtcDateTime,
        SigningCredentials = new(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(Key)), SecurityAlgorithms.HmacSha256),
    });
}
