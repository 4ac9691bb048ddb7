using Realtime.Server.Feed;
using Realtime.Server.Operations;
using Realtime.Server.Security;

namespace Realtime.Server.Delivery;

/// <summary><c>POST /api/session</c> and <c>DELETE /api/session</c>: reading from a page without a token in it.</summary>
internal sealed class SessionEndpoints(SessionCookie cookie, EndedSessions ended, AllowedOrigins origins, NotificationFeed feed)
{
    private static readonly Problem TooLarge = Problem.Invalid(
        FieldErrors.Of("groups", "The token names too many groups for a cookie: use it as a bearer token."));

    private static readonly Problem NotReady = new(
        StatusCodes.Status503ServiceUnavailable, "The store that keeps the key of sessions has not been reached yet.", RetryAfterSeconds: 1);

    private static readonly Problem CrossSite = new(StatusCodes.Status403Forbidden, "A session is ended by a page of this server only.");

    /// <summary>Makes a session of the bearer token. Whoever has one already keeps it, if he is the same user; otherwise that one is ended.</summary>
    public Task BeginAsync(HttpContext context)
    {
        if (!cookie.IsReady) return Problems.WriteAsync(context, NotReady);
        var caller = Caller.Of(context.User);
        var before = Current(context.Request);
        var id = before?.User == caller.User ? before.Id : Guid.NewGuid().ToString("N");
        string[] groups = [.. caller.Topics.Select(topic => topic.GroupName).OfType<string>()];
        if (!cookie.TryWrite(context, new SessionTicket(id, caller.User, groups, caller.ExpiresAt))) return Problems.WriteAsync(context, TooLarge);
        if (before is not null && before.Id != id) End(before);
        return NoContent(context);
    }

    /// <summary>Ends the browser's session, and every connection that reads by it. Also fine if there is none.</summary>
    public Task EndAsync(HttpContext context)
    {
        if (origins.IsCrossSite(context.Request)) return Problems.WriteAsync(context, CrossSite);
        if (Current(context.Request) is { } ticket) End(ticket);
        SessionCookie.Delete(context);
        return NoContent(context);
    }

    private SessionTicket? Current(HttpRequest request) => cookie.Read(request) is { } ticket && !ended.Contains(ticket.Id) ? ticket : null;

    private void End(SessionTicket ticket)
    {
        ended.Add(ticket);
        feed.Revoke(ticket.Id);
    }

    private static Task NoContent(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        context.Response.Headers.CacheControl = "no-store";
        return Task.CompletedTask;
    }
}
