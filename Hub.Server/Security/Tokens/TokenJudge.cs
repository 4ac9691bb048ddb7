using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Realtime.Server.Http;

namespace Realtime.Server.Security.Tokens;

/// <summary>
/// Ensures that the handler has the key that a token needs. While the key is unavailable, a token that is invalid with any key is still
/// refused.
/// </summary>
internal sealed class TokenJudge(TokenKey key, ProviderKeys provider, IOptions<AuthOptions> auth, TimeProvider time)
{
    private const int KeyRetrySeconds = 1;

    /// <summary>Development with Redis: the nodes' shared key is in Redis, which has not been reached yet.</summary>
    public static readonly Problem KeyUnknown = new(
        StatusCodes.Status503ServiceUnavailable, "The signing key is kept in Redis, which has not been reached yet.",
        RetryAfterSeconds: KeyRetrySeconds);

    private const string ProviderKeyUnknown =
        "The token cannot be checked now: its key is not known yet, and the identity provider's keys cannot be fetched at this moment.";

    /// <summary>Why a token is refused before its signature is checked; null if the handler can judge it.</summary>
    /// <returns>A <see cref="NotNowException"/> if the token may be valid.</returns>
    public ValueTask<Exception?> RefuseAsync(string text, CancellationToken cancel)
    {
        if (key.IsShared) return key.Shared is not null ? default : RefuseWithoutSharedKeyAsync(text, cancel);
        return RefuseByProviderAsync(text, cancel);
    }

    /// <summary>For a signature that does not match the known key: whether the provider has changed the key under its name.</summary>
    /// <returns>A <see cref="NotNowException"/> if it has; null if the token is invalid.</returns>
    public async Task<Exception?> ReconsiderAsync(string text, CancellationToken cancel) =>
        !key.IsShared && Parse(text) is { } token && await provider.HasChangedForAsync(token, cancel) ? NotYet(TimeSpan.Zero) : null;

    private async ValueTask<Exception?> RefuseWithoutSharedKeyAsync(string text, CancellationToken cancel)
    {
        if (Parse(text) is not { } token) return Malformed();
        return FaultOf(token, auth.Value.Issuer) ?? (await key.IsKnownAsync(cancel) ? null : new NotNowException(KeyUnknown));
    }

    private async ValueTask<Exception?> RefuseByProviderAsync(string text, CancellationToken cancel)
    {
        if (Parse(text) is not { } token) return Malformed();
        var issuer = provider.Issuer;
        // A token with another algorithm is refused whatever its key.
        var isJudged = issuer is not null && !AcceptedTokens.ProviderAlgorithms.Contains(token.Alg);
        if (isJudged || await provider.ContainKeyOfAsync(token)) return null;
        // If the settings name an issuer, discovery may add another one.
        if (FaultOf(token, issuer, auth.Value.Issuer) is { } fault) return fault;
        return await provider.FetchForAsync(token, cancel) ? null : NotYet(provider.NextFetchIn);
    }

    /// <summary>The fault that makes a token invalid with any key; null if none can be seen yet.</summary>
    /// <param name="issuers">If the first is null, the accepted issuers are not known yet.</param>
    private Exception? FaultOf(JsonWebToken token, params ReadOnlySpan<string?> issuers)
    {
        try
        {
            if (token.IsEncrypted || token.EncodedSignature.Length == 0) return Malformed();
            AcceptedTokens.CheckType(token.Typ);
            if (TokenTimes.Of(token).FaultAt(time.GetUtcNow()) is { } fault) return fault;
            if (auth.Value.Audience is { } audience && token.Audiences.Any() && !token.Audiences.Contains(audience))
                return new SecurityTokenInvalidAudienceException();
            return issuers[0] is not null && !issuers.Contains(token.Issuer) ? new SecurityTokenInvalidIssuerException() : null;
        }
        catch (Exception broken) when (IsAboutToken(broken))
        {
            return broken;
        }
    }

    private static JsonWebToken? Parse(string text)
    {
        try
        {
            return new JsonWebToken(text);
        }
        catch (Exception broken) when (IsAboutToken(broken))
        {
            return null;
        }
    }

    private static bool IsAboutToken(Exception broken) =>
        broken is ArgumentException or InvalidOperationException or FormatException or JsonException or SecurityTokenException;

    private static SecurityTokenMalformedException Malformed() => new("The token is not a signed JWT.");

    private static NotNowException NotYet(TimeSpan wait) =>
        new(new(StatusCodes.Status503ServiceUnavailable, ProviderKeyUnknown, null, Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds))));
}
