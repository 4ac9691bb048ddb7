namespace Realtime.Server.Security.Sessions;

/// <summary>The end of browser sessions: here at once, and on every other node.</summary>
internal sealed class SessionRevocation(RevokedSessions ended, SessionConnections open, ISessionRevocations others)
{
    /// <summary>Whether a session was ended, here or on another node.</summary>
    public ValueTask<bool> WasEndedAsync(SessionTicket ticket) =>
        ended.Contains(ticket.Id) ? new(true) : others.WasEndedAsync(ticket.Id, ticket.ExpiresAt);

    /// <summary>Ends a session and closes what is open by it.</summary>
    /// <returns>False: it is ended here, and the other nodes are told as soon as the store can be reached again.</returns>
    public Task<bool> EndAsync(SessionTicket ticket)
    {
        ended.Add(ticket.Id, ticket.ExpiresAt);
        open.Close(ticket.Id);
        return others.AnnounceAsync(ticket.Id, ticket.ExpiresAt);
    }
}
