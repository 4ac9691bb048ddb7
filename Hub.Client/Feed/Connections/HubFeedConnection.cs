using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Client.Feed.Items;
using Realtime.Client.Feed.Requests;

namespace Realtime.Client.Feed.Connections;

/// <summary>Receives over SignalR with any of its transports.</summary>
internal sealed class HubFeedConnection(HubConnection hub, FeedHttp http, TimeProvider time) : IFeedConnection
{
    public TimeSpan? ReconnectIn => null;

    public Task OpenAsync(CancellationToken cancel) => hub.StartAsync(cancel);

    public IAsyncEnumerable<WireItem> SubscribeAsync(string? after, CancellationToken cancel) => SubscribeAsync(hub, after, cancel);

    public async ValueTask DisposeAsync()
    {
        // The next connection must not wait for a close that is never confirmed, or depend on why it failed.
        var goodbye = hub.DisposeAsync().AsTask();
        await goodbye.WaitAsync(FeedLimits.Farewell, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        http.Dispose();
    }

    /// <inheritdoc cref="IFeedConnection.SubscribeAsync"/>
    public static async IAsyncEnumerable<WireItem> SubscribeAsync(
        HubConnection hub, string? after, [EnumeratorCancellation] CancellationToken cancel)
    {
        // Leaving early must also end the subscription at the server: SignalR does that for a cancelled token.
        using var left = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        try
        {
            // SignalR writes what arrives to this channel without a bound, so its reader must not wait for the user's code.
            var items = await hub.StreamAsChannelAsync<WireItem>("Subscribe", after, left.Token).ConfigureAwait(false);
            while (await WaitAsync(items, left.Token).ConfigureAwait(false))
            {
                while (items.TryRead(out var item)) yield return item;
            }
        }
        finally
        {
            await left.CancelAsync().ConfigureAwait(false);
        }
    }

    private static async ValueTask<bool> WaitAsync(System.Threading.Channels.ChannelReader<WireItem> items, CancellationToken cancel)
    {
        try
        {
            return await items.WaitToReadAsync(cancel).ConfigureAwait(false);
        }
        catch (HubException refused) when (Failures.IsBadCursor(refused))
        {
            throw new CursorRefusedException(refused);
        }
    }
}
