using Realtime.Server.Security;

namespace Realtime.Server.Routing.Tickets;

/// <summary>Issues clients' connection tokens, and checks what a token of another node permits here.</summary>
internal interface IConnectionTokens
{
    /// <summary>Completes when tokens can be issued.</summary>
    Task Ready { get; }

    /// <summary>The token for the client. After <see cref="Ready"/>.</summary>
    /// <param name="token">SignalR's own token.</param>
    string Issue(string token, string connectionId, string user, string hub);

    /// <summary>Whether another node issued a token to this user, for this hub.</summary>
    bool WasGivenTo(ConnectionTicket ticket, string user, string hub);

    /// <summary>
    /// Whether a caller's token, which may have ended, was valid when another node issued this connection token to its user.
    /// </summary>
    bool MayHaveBegunWith(ConnectionTicket ticket, Caller caller, string hub);

    /// <summary>Whether a connection here may have the id of a token that <see cref="WasGivenTo"/> its user. True only once.</summary>
    bool TryTakeId(ConnectionTicket ticket);
}
