using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Realtime.Server.Feed;

namespace Realtime.Server.Routing.Refreshes;

/// <summary>The hub connections that are open on this node, by connection id. It ends them when their access ends.</summary>
/// <remarks>
/// SignalR could do that (<c>CloseOnAuthenticationExpiration</c>), but it keeps the expiry of the token that a connection began with.
/// </remarks>
internal sealed class HubConnections(TimeProvider time) : BackgroundService
{
    /// <summary>How often connections are checked. A transport is closed at most 2 s after its token has expired.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, HubConnection> _open = new(StringComparer.Ordinal);

    /// <summary>Adds a connection that has just opened.</summary>
    /// <returns>Dispose it when the connection has closed.</returns>
    public IDisposable Add(ConnectionContext connection, UserConnection access, string hub)
    {
        var added = new HubConnection(this, connection, access, hub);
        _open[connection.ConnectionId] = added;
        return added;
    }

    /// <summary>The access of an open connection; null if it is not open here.</summary>
    public UserConnection? Find(string connectionId, string hub) =>
        _open.TryGetValue(connectionId, out var found) && found.Hub == hub ? found.Access : null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var now = time.GetUtcNow();
            foreach (var (_, connection) in _open)
            {
                if (connection.Access.Reader.ExpiresAt <= now) connection.RequestClose();
            }
        }
    }

    private sealed class HubConnection(HubConnections connections, ConnectionContext connection, UserConnection access, string hub)
        : IDisposable
    {
        public UserConnection Access => access;

        public string Hub => hub;

        /// <summary>Lets SignalR tell the client that it may reconnect, and close.</summary>
        public void RequestClose() => connection.Features.GetRequiredFeature<IConnectionLifetimeNotificationFeature>().RequestClose();

        public void Dispose() => connections._open.TryRemove(new(connection.ConnectionId, this));
    }
}
