using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Client.Feed.Items;
using Realtime.Client.Feed.Refreshes;
using Realtime.Client.Feed.Requests;

namespace Realtime.Client.Feed.Connections;

/// <summary>Receives over SignalR with any of its transports.</summary>
internal sealed class HubFeedConnection(HubConnection hub, FeedHttp http, TokenRefresh refresh, TimeProvider time) : IFeedConnection
{
    public TimeSpan? ReconnectIn => null;

    public async Task OpenAsync(CancellationToken cancel)
    {
        await hub.StartAsync(cancel).ConfigureAwait(false);
        refresh.Start();
    }

    public IAsyncEnumerable<WireItem> SubscribeAsync(string? after, CancellationToken cancel) =>
        SubscribeAsync(hub, after, refresh, cancel);

    public async Task TestAsync(CancellationToken cancel)
    {
        try
        {
            await hub.InvokeAsync<long>("Unread", cancel).ConfigureAwait(false);
        }
        catch (HubException)
        {
            // An answer too.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await refresh.DisposeAsync().ConfigureAwait(false);
        // The next connection must not wait for a close that is never confirmed, or depend on why it failed.
        var goodbye = hub.DisposeAsync().AsTask();
        await goodbye.WaitAsync(FeedLimits.Farewell, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        http.Dispose();
    }

    /// <param name="refresh">Ends the enumeration if the connection must end; null: none.</param>
    /// <inheritdoc cref="IFeedConnection.SubscribeAsync"/>
    public static async IAsyncEnumerable<WireItem> SubscribeAsync(
        HubConnection hub, string? after, TokenRefresh? refresh, [EnumeratorCancellation] CancellationToken cancel)
    {
        // Leaving early must also end the subscription at the server: SignalR does that for a cancelled token.
        using var left = CancellationTokenSource.CreateLinkedTokenSource(cancel, refresh?.Lost ?? CancellationToken.None);
        try
        {
            // SignalR writes what arrives to this channel without a bound, so its reader must not wait for the user's code.
            var opening = hub.StreamAsChannelAsync<WireItem>("Subscribe", after, left.Token);
            var items = await OrFailAsync(new ValueTask<ChannelReader<WireItem>>(opening), refresh).ConfigureAwait(false);
            while (await OrFailAsync(items.WaitToReadAsync(left.Token), refresh).ConfigureAwait(false))
            {
                while (items.TryRead(out var item)) yield return item;
            }
        }
        finally
        {
            await left.CancelAsync().ConfigureAwait(false);
        }
    }

    private static async ValueTask<T> OrFailAsync<T>(ValueTask<T> step, TokenRefresh? refresh)
    {
        try
        {
            return await step.ConfigureAwait(false);
        }
        catch (HubException refused) when (Failures.IsBadCursor(refused))
        {
            throw new CursorRefusedException(refused);
        }
        catch (OperationCanceledException) when (refresh?.Failure is { } failure)
        {
            throw failure;
        }
    }
}
