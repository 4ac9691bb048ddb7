namespace Realtime.Server.Security.Sessions;

/// <summary>Revokes browser sessions: at once on this node, and on every other node.</summary>
internal sealed class SessionRevocation(RevokedSessions ended, SessionConnections open, ISessionRevocations others)
{
    /// <summary>Whether a session was revoked, here or on another node.</summary>
    public ValueTask<bool> WasEndedAsync(SessionTicket ticket) =>
        ended.Contains(ticket.Id, ticket.ExpiresAt) ? new(true) : others.WasEndedAsync(ticket.Id, ticket.ExpiresAt);

    /// <summary>Revokes a session and closes its connections.</summary>
    /// <returns>False if it is revoked only here: the other nodes learn of it once the store can be reached again.</returns>
    public Task<bool> EndAsync(SessionTicket ticket)
    {
        ended.Add(ticket.Id, ticket.ExpiresAt);
        open.Close(ticket.Id);
        return others.AnnounceAsync(ticket.Id, ticket.ExpiresAt);
    }
}
