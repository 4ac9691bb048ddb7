using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;

namespace Realtime.Client.Feed.Requests;

/// <summary>Acknowledges over the given hub connection, because only that has the server's address and the token.</summary>
internal sealed class HubAcknowledgements(HubConnection hub) : IAcknowledgements
{
    public async Task<long> AcknowledgeAsync(string cursor, CancellationToken cancel)
    {
        try
        {
            return (await hub.InvokeAsync<UnreadCount>("Acknowledge", cursor, cancel).ConfigureAwait(false)).Unread;
        }
        catch (HubException refused) when (Failures.IsBadCursor(refused))
        {
            throw new ArgumentException(refused.Message, refused);
        }
    }

    public Task<long> UnreadAsync(CancellationToken cancel) => hub.InvokeAsync<long>("Unread", cancel);

    public void Dispose() { }
}
