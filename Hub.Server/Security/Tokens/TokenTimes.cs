using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Realtime.Server.Security.Tokens;

/// <summary>
/// When a token is valid: from <c>nbf</c> (or the beginning of time) to <c>exp</c>. UTC, as the validation library returns them.
/// </summary>
internal readonly record struct TokenTimes(DateTime? NotBefore, DateTime Expires)
{
    /// <summary>How far the clock of a token's maker may be ahead of ours. For <c>exp</c> there is no tolerance.</summary>
    public static readonly TimeSpan NotBeforeTolerance = TimeSpan.FromSeconds(30);

    /// <exception cref="SecurityTokenNoExpirationException">The token has no <c>exp</c>.</exception>
    public static TokenTimes Of(JsonWebToken token) => Of(token.ValidFrom, token.ValidTo == DateTime.MinValue ? null : token.ValidTo);

    /// <inheritdoc cref="Of(JsonWebToken)"/>
    public static TokenTimes Of(DateTime? notBefore, DateTime? expires) =>
        new(notBefore, expires ?? throw new SecurityTokenNoExpirationException("The token has no exp."));

    public bool Contain(DateTimeOffset now) => FaultAt(now) is null;

    /// <summary>Why the token is not valid now; null if it is.</summary>
    public SecurityTokenException? FaultAt(DateTimeOffset now)
    {
        if (now.UtcDateTime >= Expires) return new SecurityTokenExpiredException("The token is over.");
        // Not NotBefore − tolerance, which would overflow: a token may say year 1.
        return NotBefore > now.UtcDateTime + NotBeforeTolerance
            ? new SecurityTokenNotYetValidException("The token is not good yet.")
            : null;
    }
}
