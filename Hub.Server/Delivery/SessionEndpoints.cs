using Realtime.Server.Http;
using Realtime.Server.Routing.Refreshes;
using Realtime.Server.Security;
using Realtime.Server.Security.Origins;
using Realtime.Server.Security.Sessions;

namespace Realtime.Server.Delivery;

/// <summary><c>POST /api/session</c> and <c>DELETE /api/session</c>: lets a page read without holding a token.</summary>
internal sealed class SessionEndpoints(
    SessionCookie cookie, SessionRevocation endings, ConnectionRefresh refresh, AllowedOrigins origins, TimeProvider time)
{
    private static readonly Problem TooLarge = Problem.Invalid(
        FieldErrors.Of("groups", "The token names too many groups for a cookie: use it as a bearer token."));

    private static readonly Problem NotAnnounced = new(
        StatusCodes.Status503ServiceUnavailable,
        "The session has ended on this node. It ends on the others as soon as the store can be reached.",
        RetryAfterSeconds: 1);

    /// <summary>
    /// Creates a session from the bearer token. A session of the same user is kept, and its open connections get the access of the new
    /// token; one of another user is revoked.
    /// </summary>
    public async Task BeginAsync(HttpContext context)
    {
        if (await cookie.FindKeysAsync(context.RequestAborted) is not { } keys)
        {
            await Problems.WriteAsync(context, SessionAuthentication.KeysUnknown);
            return;
        }
        var caller = Caller.Of(context.User);
        var reading = await cookie.ReadAsync(context.Request);
        var before = await CurrentAsync(reading.Ticket);
        var id = before?.User == caller.User ? before.Id : SessionId.New(time);
        string[] groups = [.. caller.Topics.Select(topic => topic.GroupName).OfType<string>()];
        var ticket = new SessionTicket(id, caller.User, groups, caller.ExpiresAt)
        {
            GroupsAreUnknown = caller.GroupsAreUnknown,
            IssuedAt = caller.IssuedAt,
        };
        if (!SessionCookie.TryWrite(context, keys, ticket))
        {
            await Problems.WriteAsync(context, TooLarge);
            return;
        }
        // If the revocation cannot be announced to the other nodes now, it is announced later. The sign-in succeeds either way.
        if (before is not null && before.Id != id) await endings.EndAsync(before);
        else if (before is not null) await refresh.RefreshSessionAsync(id, ticket.ToCaller());
        NoContent(context);
    }

    /// <summary>Ends the browser's session, and every connection that was opened by it. Succeeds also if there is none.</summary>
    public async Task EndAsync(HttpContext context)
    {
        if (origins.RefuseSession(context.Request) is { } reason)
        {
            await Problems.WriteAsync(context, new Problem(StatusCodes.Status403Forbidden, reason));
            return;
        }
        var reading = await cookie.ReadAsync(context.Request);
        if (reading.IsNotNow)
        {
            // The session cannot be identified yet. If its cookie were deleted now, the session could no longer be revoked.
            await Problems.WriteAsync(context, SessionAuthentication.KeysUnknown);
            return;
        }
        var isTold = await CurrentAsync(reading.Ticket) is not { } ticket || await endings.EndAsync(ticket);
        SessionCookie.Delete(context);
        if (isTold) NoContent(context);
        else await Problems.WriteAsync(context, NotAnnounced);
    }

    private async ValueTask<SessionTicket?> CurrentAsync(SessionTicket? ticket) =>
        ticket is not null && !await endings.WasEndedAsync(ticket) ? ticket : null;

    private static void NoContent(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        context.Response.Headers.CacheControl = "no-store";
    }
}
