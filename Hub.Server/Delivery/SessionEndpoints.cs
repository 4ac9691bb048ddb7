using Realtime.Server.Http;
using Realtime.Server.Security;
using Realtime.Server.Security.Origins;
using Realtime.Server.Security.Sessions;

namespace Realtime.Server.Delivery;

/// <summary><c>POST /api/session</c> and <c>DELETE /api/session</c>: reading from a page without a token in it.</summary>
internal sealed class SessionEndpoints(SessionCookie cookie, SessionRevocation endings, AllowedOrigins origins)
{
    private static readonly Problem TooLarge = Problem.Invalid(
        FieldErrors.Of("groups", "The token names too many groups for a cookie: use it as a bearer token."));

    private static readonly Problem NotAnnounced = new(
        StatusCodes.Status503ServiceUnavailable, "The session is ended here. The other nodes are told as soon as the store can be reached.",
        RetryAfterSeconds: 1);

    /// <summary>
    /// Makes a session of the bearer token. Whoever has one already keeps it, if he is the same user; otherwise that one is ended.
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
        var id = before?.User == caller.User ? before.Id : Guid.NewGuid().ToString("N");
        string[] groups = [.. caller.Topics.Select(topic => topic.GroupName).OfType<string>()];
        if (!SessionCookie.TryWrite(context, keys, new SessionTicket(id, caller.User, groups, caller.ExpiresAt)))
        {
            await Problems.WriteAsync(context, TooLarge);
            return;
        }
        // If the other nodes cannot be told now, they are later; whoever has signed in need not know.
        if (before is not null && before.Id != id) await endings.EndAsync(before);
        NoContent(context);
    }

    /// <summary>Ends the browser's session, and every connection that reads by it. Also fine if there is none.</summary>
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
            // Which session it is cannot be read yet: with its cookie deleted, nobody could end it any more.
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
