using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Realtime.Server.Security.Claims;

namespace Realtime.Server.Security.Tokens;

/// <summary>Makes tokens that this server accepts; only possible if it has the key itself.</summary>
internal sealed class TokenSigner(TokenKey key, ClaimNames names, IOptions<AuthOptions> auth, TimeProvider time)
{
    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <summary>False if an identity provider signs the tokens.</summary>
    public bool CanSign => key.IsShared;

    /// <inheritdoc cref="TokenKey.IsKnownAsync"/>
    public ValueTask<bool> IsReadyAsync(CancellationToken cancel) => key.IsKnownAsync(cancel);

    /// <param name="roles">As <see cref="Roles"/> names them.</param>
    /// <param name="expiresAt">Whole seconds count: <c>exp</c> has no fractions.</param>
    public string Sign(string user, string[] groups, string[] roles, DateTimeOffset expiresAt) =>
        Handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = auth.Value.Issuer,
            Audience = auth.Value.Audience,
            IssuedAt = time.GetUtcNow().UtcDateTime,
            Expires = expiresAt.UtcDateTime,
            Claims = Claims(user, groups, [.. roles.Select(names.RoleInTokens)]),
            SigningCredentials = new(key.Shared, SecurityAlgorithms.HmacSha256),
        });

    private Dictionary<string, object> Claims(string user, string[] groups, string[] roles)
    {
        var claims = new Dictionary<string, object>();
        names.User.Add(claims, user);
        names.Groups.Add(claims, groups);
        names.Role.Add(claims, roles);
        return claims;
    }
}
