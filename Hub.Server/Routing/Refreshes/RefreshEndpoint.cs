using Realtime.Server.Http;
using Realtime.Server.Security;

namespace Realtime.Server.Routing.Refreshes;

/// <summary>
/// <c>POST {hub}/refresh</c>: lets an open connection go on with the token of this request. SignalR 11's clients send it by themselves.
/// </summary>
/// <remarks>
/// The words in <c>error</c> and the statuses are those of SignalR 11.0.0, whose clients look at the status alone. 503 is ours: a hub of
/// SignalR serves one process.
/// </remarks>
/// <param name="hub">The path of the hub.</param>
internal sealed class RefreshEndpoint(ConnectionRefresh refresh, string hub, TimeProvider time)
{
    /// <summary>The header with the connection token. Previews of SignalR 11 sent it as the query parameter <c>id</c>.</summary>
    public const string Header = "X-SignalR-Connection-Token";

    private static readonly Problem NoConnection =
        new(StatusCodes.Status400BadRequest, $"Send the connection token once, in {Header}.") { Code = "missing_connection_token" };

    private static readonly Problem NotFound =
        new(StatusCodes.Status404NotFound, "No such connection is open. Connect again.") { Code = "connection_not_found" };

    private static readonly Problem OtherUser =
        new(StatusCodes.Status403Forbidden, "The connection belongs to another user.") { Code = "user_changed" };

    private static readonly Problem BySession = new(
        StatusCodes.Status403Forbidden, "A session cannot refresh a connection: use a bearer token, or POST /api/session.")
    {
        Code = "permission_change_rejected",
    };

    private static readonly Problem Failed = new(
        StatusCodes.Status503ServiceUnavailable, "The connection could not be refreshed now; nothing has changed. Try again in a moment.",
        RetryAfterSeconds: 1);

    public async Task HandleAsync(HttpContext context)
    {
        var caller = Caller.Of(context.User);
        context.Response.Headers.CacheControl = "no-store";
        if (caller.Session is not null) await Problems.WriteAsync(context, BySession);
        else if (TokenOf(context.Request) is not { } token) await Problems.WriteAsync(context, NoConnection);
        else await AnswerAsync(context, caller, await refresh.RefreshAsync(token, hub, caller));
    }

    private Task AnswerAsync(HttpContext context, Caller caller, RefreshResult result) => result switch
    {
        RefreshResult.Refreshed => context.Response.WriteAsJsonAsync(
            new TokenLifetime(caller.LifetimeSeconds(time.GetUtcNow())), context.RequestAborted),
        RefreshResult.NotFound => Problems.WriteAsync(context, NotFound),
        RefreshResult.OtherUser => Problems.WriteAsync(context, OtherUser),
        RefreshResult.Failed => Problems.WriteAsync(context, Failed),
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, null),
    };

    private static string? TokenOf(HttpRequest request)
    {
        var tokens = request.Headers[Header];
        if (tokens.Count == 0) tokens = request.Query[IdInQuery.Name];
        return tokens is [{ Length: > 0 } token] ? token : null;
    }

    /// <summary><c>{"tokenLifetimeSeconds":n}</c></summary>
    private sealed record TokenLifetime(int TokenLifetimeSeconds);
}
