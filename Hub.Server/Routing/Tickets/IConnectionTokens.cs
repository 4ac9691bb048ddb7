namespace Realtime.Server.Routing.Tickets;

/// <summary>The connection tokens that clients are given, and what a token of another node is good for here.</summary>
internal interface IConnectionTokens
{
    /// <summary>Completes when tokens can be issued.</summary>
    Task Ready { get; }

    /// <summary>The token for the client. After <see cref="Ready"/>.</summary>
    /// <param name="token">SignalR's own.</param>
    string Issue(string token, string connectionId, string user, string hub);

    /// <summary>Whether a token that another node issued was given to this user, on this hub.</summary>
    bool WasGivenTo(ConnectionTicket ticket, string user, string hub);

    /// <summary>Whether a connection on this node may have the id of a token that <see cref="WasGivenTo"/> its user. True once.</summary>
    bool TryTakeId(ConnectionTicket ticket);
}
