using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Realtime.Server.Security.Tokens;

namespace Realtime.Server.Security;

/// <summary>
/// Predicts whether <see cref="CallerMiddleware"/> will let a request pass. It does not change the request and writes no response.
/// </summary>
internal sealed class CallerCheck(TokenCache cache, IServiceScopeFactory scopes)
{
    /// <summary>Whether this node accepts the caller's token or session, and the endpoint permits the caller.</summary>
    public ValueTask<bool> IsAllowedAsync(HttpContext context)
    {
        var demands = context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>() ?? [];
        return context.Request.Headers.Authorization is [{ } header] && cache.Find(header) is { } known
            ? new(Policies.Allow(known.Principal, demands))
            : new(scopes.WithHandlersAsync(context, async () =>
                (await context.AuthenticateAsync()).Principal is { } principal && Policies.Allow(principal, demands)));
    }
}
