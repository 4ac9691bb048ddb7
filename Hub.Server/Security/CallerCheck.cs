using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Realtime.Server.Security.Revocations;
using Realtime.Server.Security.Tokens;

namespace Realtime.Server.Security;

/// <summary>
/// Predicts whether <see cref="CallerMiddleware"/> will let a request pass. It does not change the request and writes no response.
/// </summary>
internal sealed class CallerCheck(TokenCache cache, RevokedUsers revoked, IServiceScopeFactory scopes)
{
    /// <summary>
    /// Whether this node accepts the caller's token or session, and the endpoint permits the caller.
    /// </summary>
    /// <param name="mayHaveEnded">Whether a caller is accepted whose token has ended.</param>
    public ValueTask<bool> IsAllowedAsync(HttpContext context, Func<Caller, bool> mayHaveEnded)
    {
        var demands = context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>() ?? [];
        return context.Request.Headers.Authorization is [{ } header] && cache.Find(header) is { } known
            ? new(IsAllowed(context, known.Principal, demands))
            : new(scopes.WithHandlersAsync(context, async () =>
                (await AuthenticateAsync(context, mayHaveEnded)).Principal is { } principal && IsAllowed(context, principal, demands)));
    }

    private static async Task<AuthenticateResult> AuthenticateAsync(HttpContext context, Func<Caller, bool> mayHaveEnded)
    {
        var result = await context.AuthenticateAsync();
        return result.HasEnded && await context.AuthenticateAsync(EndedToken.OrValid) is { Principal: { } principal } ended
            && mayHaveEnded(Caller.Of(principal)) ? ended : result;
    }

    private bool IsAllowed(HttpContext context, ClaimsPrincipal principal, IReadOnlyList<IAuthorizeData> demands) =>
        Policies.Allow(principal, demands)
        && (!revoked.Refuse(Caller.Of(principal)) || RevokedCaller.MayFetchClosing(context.Request));
}
