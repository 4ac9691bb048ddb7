using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Realtime.Server.Security.Revocations;
using Realtime.Server.Security.Tokens;

namespace Realtime.Server.Security;

/// <summary>
/// Authenticates the caller and checks that the endpoint permits it. Does what <c>UseAuthentication</c> and <c>UseAuthorization</c> do,
/// with the same handlers but less work: a token that was accepted before costs one look-up. A stream that stays open for hours does not
/// hold on to the handlers, their scope and two waiting middlewares (2.5 KB a connection).
/// </summary>
internal sealed class CallerMiddleware(
    RequestDelegate next, TokenCache cache, RevokedUsers revoked, IRefreshedConnections refreshed, IServiceScopeFactory scopes)
{
    public Task InvokeAsync(HttpContext context)
    {
        var demands = context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>() ?? [];
        if (demands.Count == 0) return next(context);
        if (context.Request.Headers.Authorization is not [{ } header] || cache.Find(header) is not { } known)
            return FindOutAsync(context, demands);
        context.User = known.Principal;
        context.Features.Set<IAuthenticateResultFeature>(known);
        if (IsRevoked(context)) return RevokedCaller.AnswerAsync(context);
        return Policies.Allow(known.Principal, demands) ? GoOnAsync(context) : RefuseAsync(context);
    }

    private Task FindOutAsync(HttpContext context, IReadOnlyList<IAuthorizeData> demands)
    {
        var allowed = IsAllowedAsync(context, demands);
        // No await if the caller is already known: the async frame would live as long as the stream.
        return !allowed.IsCompletedSuccessfully ? WaitAsync(context, allowed) : allowed.Result ? GoOnAsync(context) : Task.CompletedTask;
    }

    private async Task WaitAsync(HttpContext context, Task<bool> allowed)
    {
        if (await allowed) await GoOnAsync(context);
    }

    /// <summary>
    /// A stream that lasts for hours must not hold on to a token or a cookie. A publisher's stays: its connection uses the text again.
    /// </summary>
    private Task GoOnAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method)) context.Request.Headers.Authorization = context.Request.Headers.Cookie = default;
        return next(context);
    }

    private Task<bool> IsAllowedAsync(HttpContext context, IReadOnlyList<IAuthorizeData> demands) =>
        scopes.WithHandlersAsync(context, async () =>
    {
        var result = await context.AuthenticateAsync();
        if (result.HasEnded && await context.AuthenticateAsync(EndedToken.OrValid) is { Principal.Identity: CallerIdentity ended } before
            && refreshed.IsUsedBy(context, ended.Caller)) result = before;
        context.Features.Set<IAuthenticateResultFeature>(new Authenticated(result));
        if (result.Principal is { } principal) context.User = principal;
        if (IsRevoked(context))
        {
            await RevokedCaller.AnswerAsync(context);
            return false;
        }
        if (Policies.Allow(context.User, demands)) return true;
        await (context.User.Identity is { IsAuthenticated: true } ? context.ForbidAsync() : context.ChallengeAsync());
        return false;
    });

    private bool IsRevoked(HttpContext context) => context.User.Identity is CallerIdentity { Caller: var caller }
        && revoked.Refuse(caller) && !RevokedCaller.MayFetchClosing(context.Request);

    private Task<bool> RefuseAsync(HttpContext context) => scopes.WithHandlersAsync(context, async () =>
    {
        await context.ForbidAsync();
        return false;
    });

    private sealed class Authenticated(AuthenticateResult result) : IAuthenticateResultFeature
    {
        public AuthenticateResult? AuthenticateResult { get; set; } = result;
    }
}
