namespace Realtime.Server.Security.Sessions;

/// <summary>The end of browser sessions: here at once, and with Redis on every other node.</summary>
/// <param name="shared">Null: there is one node.</param>
internal sealed class SessionEndings(EndedSessions ended, OpenSessions open, SharedEndings? shared = null)
{
    /// <summary>Whether a session was ended, here or on another node.</summary>
    public ValueTask<bool> WasEndedAsync(SessionTicket ticket) =>
        ended.Contains(ticket.Id) ? new(true) : shared?.WasEndedAsync(ticket.Id, ticket.ExpiresAt) ?? new(false);

    /// <summary>Ends a session and closes what is open by it.</summary>
    /// <returns>False: it is ended here, and the other nodes are told as soon as the store can be reached again.</returns>
    public async Task<bool> EndAsync(SessionTicket ticket)
    {
        ended.Add(ticket.Id, ticket.ExpiresAt);
        open.Close(ticket.Id);
        return shared is null || await shared.TellAsync(ticket.Id, ticket.ExpiresAt);
    }
}
