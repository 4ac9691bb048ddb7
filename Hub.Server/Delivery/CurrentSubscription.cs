using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.SignalR;
using Realtime.Server.Feed;
using Realtime.Server.Notifications;

namespace Realtime.Server.Delivery;

/// <summary>The one subscription that a hub connection has.</summary>
internal sealed class CurrentSubscription
{
    /// <summary>Replaced subscriptions of a connection that cannot end because the client does not read. One more is refused.</summary>
    public const int MaxEnding = 64;

    private readonly Lock _gate = new();
    private readonly List<Subscription> _open = []; // guarded by _gate; the last is the current one

    /// <summary>Ends the connection together with the browser session that opened it; null if no session did.</summary>
    public IDisposable? BySession { get; set; }

    /// <summary>The subscription of a connection, created with the connection; see <see cref="Track"/>.</summary>
    public static CurrentSubscription Of(HubCallerContext context) => context.Features.GetRequiredFeature<CurrentSubscription>();

    // A feature, not an entry of the connection's Items: those are a concurrent dictionary of 0.5 KB, which idle connections do without.
    public static ConnectionDelegate Track(ConnectionDelegate next) => connection =>
    {
        connection.Features.Set(new CurrentSubscription());
        return next(connection);
    };

    /// <summary>Opens a subscription in place of the current one, which completes normally.</summary>
    public Subscription Replace(NotificationFeed feed, StartAt start, UserConnection connection)
    {
        lock (_gate)
        {
            if (_open.Count > MaxEnding) throw new HubException("Too many subscriptions: read what was sent before subscribing again.");
            foreach (var before in _open)
            {
                before.End();
                feed.Left(before);
            }
            var subscription = feed.Open(connection, start, heartbeat: null, JsonDepth.InHubMessage);
            _open.Add(subscription);
            return subscription;
        }
    }

    /// <summary>Ends the current subscription with this as its last item.</summary>
    /// <returns>False if there is no current subscription.</returns>
    public bool Close(CloseReason reason)
    {
        lock (_gate)
        {
            if (_open.Count == 0) return false;
            _open[^1].Close(reason, TimeSpan.Zero);
            return true;
        }
    }

    public void Leave(NotificationFeed feed, Subscription subscription)
    {
        lock (_gate)
        {
            feed.Left(subscription);
            _open.Remove(subscription);
        }
    }
}
