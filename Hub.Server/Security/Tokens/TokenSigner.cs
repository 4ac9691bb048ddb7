using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Realtime.Server.Security.Tokens;

/// <summary>Makes tokens that this server accepts; only possible if it has the key itself.</summary>
internal sealed class TokenSigner(TokenKey key, IOptions<AuthOptions> auth)
{
    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <summary>False if an identity provider signs the tokens.</summary>
    public bool CanSign => key.IsShared;

    /// <inheritdoc cref="TokenKey.IsKnownAsync"/>
    public ValueTask<bool> IsReadyAsync(CancellationToken cancel) => key.IsKnownAsync(cancel);

    /// <param name="expiresAt">Whole seconds count: <c>exp</c> has no fractions.</param>
    public string Sign(string user, string[] groups, string[] roles, DateTimeOffset expiresAt) =>
        Handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = auth.Value.Issuer,
            Audience = auth.Value.Audience,
            Expires = expiresAt.UtcDateTime,
            Claims = new Dictionary<string, object> { ["sub"] = user, ["groups"] = groups, ["role"] = roles },
            SigningCredentials = new(key.Shared, SecurityAlgorithms.HmacSha256),
        });
}
