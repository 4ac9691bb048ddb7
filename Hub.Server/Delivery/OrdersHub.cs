using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.SignalR;
using Realtime.Server.Feed;
using Realtime.Server.Log;
using Realtime.Server.Node;
using Realtime.Server.Notifications;
using Realtime.Server.Routing;
using Realtime.Server.Security;
using Realtime.Server.Security.Sessions;

namespace Realtime.Server.Delivery;

/// <summary>The hub's methods. They are thin: SignalR awaits each write of a stream, which is the back-pressure.</summary>
internal sealed class OrdersHub(
    NotificationFeed feed, Acknowledgements acknowledgements, ConnectionOwners owners, SessionConnections sessions, ThisNode node,
    TimeProvider time) : Hub
{
    private const string BadCursor = "Bad cursor. " + StartAt.Expected;
    private const string Unavailable = "The store cannot be reached now. Try again in a moment.";

    /// <summary>How long a client that was sent away may take to disconnect by itself before the connection is closed.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private Caller Caller => Caller.Of(Context.User!);

    /// <summary>A connection ends with the browser session that opened it, whether or not it has a subscription.</summary>
    public override Task OnConnectedAsync()
    {
        var (context, clock) = (Context, time);
        CurrentSubscription.Of(context).BySession = sessions.Add(Caller, Revoke);
        context.Features.GetRequiredFeature<UserConnection>().CloseWhenRevoked(Revoke);
        return Task.CompletedTask;

        void Revoke() => _ = RevokeAsync(context, clock);
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        CurrentSubscription.Of(Context).BySession?.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>Streams the caller's notifications. One subscription per connection: a second one completes the first.</summary>
    /// <param name="after">Where to start: a cursor, <c>latest</c>, <c>earliest</c>, or null for what is not acknowledged.</param>
    /// <param name="cancel">The client has cancelled the stream or disconnected.</param>
    public IAsyncEnumerable<CurrentItem> Subscribe(string? after, CancellationToken cancel)
    {
        if (!StartAt.TryParse(after, Caller.User, out var start)) throw new HubException(BadCursor);
        return StreamAsync(start, CurrentSubscription.Of(Context), cancel);
    }

    /// <summary>Acknowledges everything up to a cursor.</summary>
    public async Task<UnreadCount> Acknowledge(string? cursor)
    {
        try
        {
            return new UnreadCount(await acknowledgements.MoveAsync(Caller, cursor, Context.ConnectionAborted)
                ?? throw new HubException(BadCursor));
        }
        catch (LogUnavailableException)
        {
            throw new HubException(Unavailable);
        }
    }

    /// <summary>Counts what the user has not acknowledged.</summary>
    public async Task<long> Unread()
    {
        try
        {
            return await acknowledgements.CountUnreadAsync(Caller, Context.ConnectionAborted);
        }
        catch (LogUnavailableException)
        {
            throw new HubException(Unavailable);
        }
    }

    /// <summary>The short name of the node that this connection is on. For display only.</summary>
    public string Node() => node.ShortId;

    private async IAsyncEnumerable<CurrentItem> StreamAsync(
        StartAt start, CurrentSubscription current, [EnumeratorCancellation] CancellationToken cancel)
    {
        var connection = Context.Features.GetRequiredFeature<UserConnection>();
        var subscription = current.Replace(feed, owners.ReaderOf(Context, Caller), start, connection);
        try
        {
            await foreach (var item in subscription.ReadAsync(cancel))
            {
                yield return item;
                // The hub object is gone by the time this runs; its context is not.
                if (item.Closing is { Reason: CloseReason.Draining or CloseReason.Limit }) _ = HangUpAsync(Context, time);
            }
        }
        finally
        {
            current.Leave(feed, subscription);
        }
    }

    private static Task RevokeAsync(HubCallerContext context, TimeProvider time)
    {
        if (CurrentSubscription.Of(context).Close(CloseReason.Revoked)) return HangUpAsync(context, time);
        context.Abort();
        return Task.CompletedTask;
    }

    private static async Task HangUpAsync(HubCallerContext context, TimeProvider time)
    {
        await Task.Delay(Farewell, time, CancellationToken.None);
        context.Abort();
    }
}

/// <summary>How many notifications a user has not acknowledged; <c>{"unread": n}</c>.</summary>
internal sealed record UnreadCount(long Unread);
