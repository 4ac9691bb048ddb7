using Realtime.Server.Feed;
using Realtime.Server.Security;
using Realtime.Server.Security.Sessions;

namespace Realtime.Server.Routing.Refreshes;

/// <summary>Carries a refresh out on this node.</summary>
internal sealed class LocalRefresh(HubConnections connections, SessionConnections sessions)
{
    public Task<RefreshResult> RefreshAsync(RefreshRequest request) => request switch
    {
        { Connection: { } id, Hub: { } hub } => RefreshConnectionAsync(connections.Find(id, hub), request),
        { Session: { } session } => RefreshSessionAsync(session, request.ToCaller()),
        _ => Task.FromResult(RefreshResult.NotFound),
    };

    private static async Task<RefreshResult> RefreshConnectionAsync(UserConnection? connection, RefreshRequest request)
    {
        if (connection is null) return RefreshResult.NotFound;
        if (connection.Caller.User != request.User) return RefreshResult.OtherUser;
        // A token that was not given to the connection's own user does not name it.
        if (request.OnlyLooks) return RefreshResult.NotFound;
        return await connection.RefreshAsync(request.ToCaller()) ? RefreshResult.Refreshed : RefreshResult.Failed;
    }

    private async Task<RefreshResult> RefreshSessionAsync(string session, Caller caller)
    {
        var refreshed = await sessions.RefreshAsync(session, caller);
        return refreshed.Count == 0 ? RefreshResult.NotFound
            : refreshed.All(it => it) ? RefreshResult.Refreshed
            : RefreshResult.Failed;
    }
}
