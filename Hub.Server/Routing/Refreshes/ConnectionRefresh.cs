using Realtime.Server.Routing.Tickets;
using Realtime.Server.Security;

namespace Realtime.Server.Routing.Refreshes;

/// <summary>Gives open connections the access of a newer token, on whichever node they are open.</summary>
internal sealed class ConnectionRefresh(
    ConnectionOwners owners, IConnectionTokens tokens, LocalRefresh here, IRemoteRefresh elsewhere)
{
    /// <summary>Refreshes the connection that a user got a connection token for.</summary>
    /// <param name="hub">The path of its hub.</param>
    public async Task<RefreshResult> RefreshAsync(string connectionToken, string hub, Caller caller)
    {
        var isTicket = ConnectionTicket.TryParse(connectionToken, out var ticket);
        var connection = isTicket ? ticket!.ConnectionId : owners.ConnectionIdOf(connectionToken);
        if (connection is not { Length: > 0 }) return RefreshResult.NotFound;
        var request = RefreshRequest.ForConnection(connection, hub, caller) with
        {
            OnlyLooks = isTicket && !tokens.WasGivenTo(ticket!, caller.User, hub),
        };
        var result = await here.RefreshAsync(request);
        return result == RefreshResult.NotFound && isTicket ? await elsewhere.RefreshAsync(request) : result;
    }

    /// <summary>
    /// Refreshes all connections of a browser session, and tries again once where that fails. A connection that this does not reach ends
    /// with the token that it has, and the browser opens another one with its new cookie.
    /// </summary>
    public async Task RefreshSessionAsync(string session, Caller caller)
    {
        var request = RefreshRequest.ForSession(session, caller);
        await Task.WhenAll(TwiceAsync(here.RefreshAsync), TwiceAsync(elsewhere.RefreshAsync));

        async Task TwiceAsync(Func<RefreshRequest, Task<RefreshResult>> refresh)
        {
            if (await refresh(request) == RefreshResult.Failed) await refresh(request);
        }
    }
}
