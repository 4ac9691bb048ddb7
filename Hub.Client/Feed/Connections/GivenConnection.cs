using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Client.Feed.Items;

namespace Realtime.Client.Feed.Connections;

/// <summary>Receives over a hub connection that the caller owns: started when it is down, never stopped.</summary>
internal sealed class GivenConnection(HubConnection hub, TimeProvider time) : IFeedConnection
{
    public TimeSpan? ReconnectIn => null;

    public async Task OpenAsync(CancellationToken cancel)
    {
        while (hub.State != HubConnectionState.Connected)
        {
            // The connection may be connecting already: its owner has started it, or it reconnects by itself.
            if (hub.State == HubConnectionState.Disconnected) await StartAsync(cancel).ConfigureAwait(false);
            else await Task.Delay(FeedLimits.Look, time, cancel).ConfigureAwait(false);
        }
    }

    public IAsyncEnumerable<WireItem> SubscribeAsync(string? after, CancellationToken cancel) =>
        HubFeedConnection.SubscribeAsync(hub, after, refresh: null, cancel);

    /// <summary>Its owner decides when it ends.</summary>
    public Task TestAsync(CancellationToken cancel) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task StartAsync(CancellationToken cancel)
    {
        try
        {
            await hub.StartAsync(cancel).ConfigureAwait(false);
        }
        catch (InvalidOperationException) when (hub.State != HubConnectionState.Disconnected)
        {
            // The owner has started the connection first.
        }
    }
}
