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
    /// Whether this node accepts the caller's token or session, and the endpoint permits the caller. A token that has ended is left to the
    /// owner of the connection, which knows whether it was refreshed.
    /// </summary>
    public ValueTask<bool> IsAllowedAsync(HttpContext context)
    {
        var demands = context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>() ?? [];
        return context.Request.Headers.Authorization is [{ } header] && cache.Find(header) is { } known
            ? new(IsAllowed(context, known.Principal, demands))
            : new(scopes.WithHandlersAsync(context, async () =>
                (await AuthenticateAsync(context)).Principal is { } principal && IsAllowed(context, principal, demands)));
    }

    private static async Task<AuthenticateResult> AuthenticateAsync(HttpContext context)
    {
        var result = await context.AuthenticateAsync();
        return result.HasEnded ? await context.AuthenticateAsync(EndedToken.OrValid) : result;
    }

    private bool IsAllowed(HttpContext context, ClaimsPrincipal principal, IReadOnlyList<IAuthorizeData> demands) =>
        Policies.Allow(principal, demands)
        && (!revoked.Refuse(Caller.Of(principal)) || RevokedCaller.MayFetchClosing(context.Request));
}
