using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.SignalR;
using Realtime.Server.Feed;
using Realtime.Server.Log;
using Realtime.Server.Node;
using Realtime.Server.Notifications;
using Realtime.Server.Security;
using Realtime.Server.Security.Revocations;
using Realtime.Server.Security.Sessions;
using Realtime.Server.Security.Tokens;

namespace Realtime.Server.Delivery;

/// <summary>The hub's methods. They are thin: SignalR awaits each write of a stream, which is the back-pressure.</summary>
internal sealed class OrdersHub(
    NotificationFeed feed, Acknowledgements acknowledgements, SessionConnections sessions, TokenCheck tokens, RevokedUsers revoked,
    ThisNode node, TimeProvider time) : Hub
{
    private const string BadCursor = "Bad cursor. " + StartAt.Expected;
    private const string InvalidToken = "Invalid token.";
    private const string OtherUser = "Token of another user.";
    private const string Blocked = "User is blocked.";
    private const string NotNow = "The token cannot be checked now. Try again in a moment.";
    private const string Unavailable = "The store cannot be reached now. Try again in a moment.";

    /// <summary>How long a client that was sent away may take to disconnect by itself before the connection is closed.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private UserConnection Connection => Context.Features.GetRequiredFeature<UserConnection>();

    /// <summary>As the connection's last token says, not the one that it began with.</summary>
    private Caller Caller => Connection.Caller;

    /// <summary>A connection ends with the browser session that opened it, whether or not it has a subscription.</summary>
    public override Task OnConnectedAsync()
    {
        var (context, connection, clock) = (Context, Connection, time);
        CurrentSubscription.Of(context).BySession = sessions.Add(Caller, Revoke, connection.RefreshAsync);
        connection.CloseWhenRevoked(Revoke);
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

    /// <summary>Gives this connection the access of another token of the same user, in place of the one that it has.</summary>
    public async Task<TokenLife> Refresh(SecretText token)
    {
        var (caller, isNotNow) = await tokens.CheckAsync(token, Context.ConnectionAborted);
        if (caller is null) throw new HubException(isNotNow ? NotNow : InvalidToken);
        if (caller.User != Caller.User) throw new HubException(OtherUser);
        if (revoked.Refuse(caller)) throw new HubException(Blocked);
        if (!await Connection.RefreshAsync(caller)) throw new HubException(Unavailable);
        return new TokenLife(caller.LifetimeSeconds(time.GetUtcNow()));
    }

    /// <summary>The short name of the node that this connection is on. For display only.</summary>
    public string Node() => node.ShortId;

    private async IAsyncEnumerable<CurrentItem> StreamAsync(
        StartAt start, CurrentSubscription current, [EnumeratorCancellation] CancellationToken cancel)
    {
        var subscription = current.Replace(feed, start, Connection);
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

/// <summary>How long a token lasts, in whole seconds; <c>{"expiresInSeconds": n}</c>.</summary>
internal sealed record TokenLife(int ExpiresInSeconds);
