using Realtime.Server.Operations;
using Realtime.Server.Security;

namespace Realtime.Server.Delivery;

/// <summary><c>POST /api/session</c> and <c>DELETE /api/session</c>: reading from a page without a token in it.</summary>
internal sealed class SessionEndpoints(SessionCookie cookie, SessionEndings endings, AllowedOrigins origins)
{
    private static readonly Problem TooLarge = Problem.Invalid(
        FieldErrors.Of("groups", "The token names too many groups for a cookie: use it as a bearer token."));

    private static readonly Problem NotReady = new(
        StatusCodes.Status503ServiceUnavailable, "The store that keeps the key of sessions has not been reached yet.", RetryAfterSeconds: 1);

    private static readonly Problem NotTold = new(
        StatusCodes.Status503ServiceUnavailable, "The session is ended here. The other nodes are told as soon as the store can be reached.", RetryAfterSeconds: 1);

    private static readonly Problem CrossSite = new(StatusCodes.Status403Forbidden, "A session is ended by a page of this server only.");

    /// <summary>Makes a session of the bearer token. Whoever has one already keeps it, if he is the same user; otherwise that one is ended.</summary>
    public async Task BeginAsync(HttpContext context)
    {
        if (!cookie.IsReady)
        {
            await Problems.WriteAsync(context, NotReady);
            return;
        }
        var caller = Caller.Of(context.User);
        var before = await CurrentAsync(context.Request);
        var id = before?.User == caller.User ? before.Id : Guid.NewGuid().ToString("N");
        string[] groups = [.. caller.Topics.Select(topic => topic.GroupName).OfType<string>()];
        if (!cookie.TryWrite(context, new SessionTicket(id, caller.User, groups, caller.ExpiresAt)))
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
        if (origins.IsCrossSite(context.Request))
        {
            await Problems.WriteAsync(context, CrossSite);
            return;
        }
        if (!cookie.IsReady && context.Request.Cookies.ContainsKey(SessionCookie.Name))
        {
            // Which session it is cannot be read yet: with its cookie deleted, nobody could end it any more.
            await Problems.WriteAsync(context, NotReady);
            return;
        }
        var isTold = await CurrentAsync(context.Request) is not { } ticket || await endings.EndAsync(ticket);
        SessionCookie.Delete(context);
        if (isTold) NoContent(context);
        else await Problems.WriteAsync(context, NotTold);
    }

    private async ValueTask<SessionTicket?> CurrentAsync(HttpRequest request) =>
        cookie.Read(request) is { } ticket && !await endings.WasEndedAsync(ticket) ? ticket : null;

    private static void NoContent(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        context.Response.Headers.CacheControl = "no-store";
    }
}
