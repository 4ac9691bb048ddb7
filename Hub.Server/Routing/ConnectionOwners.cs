using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Connections.Features;
using Realtime.Server.Feed;
using Realtime.Server.Node;
using Realtime.Server.Routing.Refreshes;
using Realtime.Server.Routing.Tickets;
using Realtime.Server.Security;

namespace Realtime.Server.Routing;

/// <summary>Records who negotiated which connection. SignalR does not check: any caller with a token may send, poll and close.</summary>
internal sealed class ConnectionOwners(
    RoutingOptions options, UserConnections connections, HubConnections open, HubCounters counters, IOpenedConnections others,
    TimeProvider time)
    : BackgroundService, IRefreshedConnections
{
    /// <summary>SignalR forgets a negotiated connection that is not used within 15 to 16 s.</summary>
    private static readonly TimeSpan PendingAge = TimeSpan.FromSeconds(20);

    /// <summary>How long a connection that is one too many of its user may take to subscribe, and so to be told.</summary>
    public static readonly TimeSpan OverLimitPatience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Owner> _owners = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _pendingPerUser = []; // guarded by _gate
    private int _pending;                                          // guarded by _gate
    private readonly EndedConnections _ended = new(time);

    /// <summary>Reserves a place for a connection that is negotiated and not yet opened.</summary>
    /// <returns>False if all places are taken.</returns>
    public bool TryReserve(string user)
    {
        lock (_gate)
        {
            var count = _pendingPerUser.GetValueOrDefault(user);
            if (_pending >= options.PendingNegotiations || count >= options.PendingNegotiationsPerUser) return false;
            _pending++;
            _pendingPerUser[user] = count + 1;
            return true;
        }
    }

    /// <summary>Releases a place that <see cref="TryReserve"/> reserved.</summary>
    public void Release(string user)
    {
        lock (_gate)
        {
            _pending--;
            if (--_pendingPerUser[user] == 0) _pendingPerUser.Remove(user);
        }
    }

    /// <summary>Remembers who got a token. The reserved place is released when the token is used or expires.</summary>
    public void Negotiated(string token, string connectionId, Caller caller, string hub) =>
        _owners[token] = new Owner(caller.User, hub, connectionId, time.GetTimestamp());

    /// <summary>Whether a caller may use a connection on a hub. SignalR itself refuses connections that were not negotiated here.</summary>
    public bool MayUse(string token, Caller caller, string hub)
    {
        if (!_owners.TryGetValue(token, out var owner)) return true;
        if (owner.User != caller.User || owner.Hub != hub) return false;
        owner.Access?.Prolong(caller);
        return true;
    }

    public bool IsUsedBy(HttpContext request, Caller caller) =>
        HubRequest.IsConnection(request) && request.Request.Query[IdInQuery.Name] is [{ } token]
        && _owners.TryGetValue(token, out var owner) && owner.User == caller.User && owner.Hub == HubRequest.HubOf(request)
        && owner.Access is { IsRefreshed: true } access && access.Caller.ExpiresAt > time.GetUtcNow();

    /// <summary>Whether a connection belongs to a caller, or did until a moment ago.</summary>
    public bool IsOrWasOf(string token, Caller caller, string hub) =>
        _owners.TryGetValue(token, out var owner)
        ? owner.User == caller.User && owner.Hub == hub
        : _ended.WasOf(token, caller.User, hub);

    /// <summary>The id of a connection that was negotiated here; null if there is none.</summary>
    public string? ConnectionIdOf(string token) => _owners.TryGetValue(token, out var owner) ? owner.ConnectionId : null;

    /// <summary>Wraps a connection's whole life, so that its entries here are removed when it ends.</summary>
    /// <param name="hub">The path of the hub.</param>
    /// <param name="counts">True for a reader's connection, which <see cref="HubCounters"/> counts.</param>
    public ConnectionDelegate Track(ConnectionDelegate next, string hub, bool counts) => async connection =>
    {
        var request = connection.GetHttpContext();
        var token = TokenOf(request);
        // Negotiated on another node: use the id that the client got there.
        if (request?.Features.Get<AdoptedId>() is { } adopted) connection.ConnectionId = adopted.ConnectionId;
        if (request?.Features.Get<ConnectionTicket>() is { } ticket)
            _ = others.AddOpenedAsync(ticket, request.Request.Headers.Host.ToString());
        if (_owners.TryGetValue(token, out var owner))
        {
            owner.Connection = connection;
            if (owner.TryUse()) Release(owner.User);
        }
        using var access = connections.Open(Caller.Of(request!.User), TransportOf(connection));
        connection.Features.Set(access);
        owner?.Access = access;
        using var opened = open.Add(connection, access, hub);
        if (!access.TryTakePlace()) _ = EndIfOverLimitAsync(connection, access);
        using var connected = counts ? counters.Connect(TransportOf(connection)) : default(HubCounters.Connected?);
        try
        {
            await next(connection);
        }
        finally
        {
            // A client sends nothing after the end of its WebSocket.
            if (owner is not null && TransportOf(connection) != Transport.WebSockets) _ended.Add(token, owner.User, owner.Hub);
            _owners.TryRemove(token, out _);
        }
    };

    /// <summary>
    /// Releases the place of a connection that its client opened on another node. The token's owner stays recorded here, because SignalR
    /// still accepts the token.
    /// </summary>
    public void OpenedElsewhere(ReadOnlySpan<char> token)
    {
        if (_owners.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(token, out var owner) && owner.TryUse())
            Release(owner.User);
    }

    /// <summary>Ends a connection that is open on this node.</summary>
    public void End(string token)
    {
        if (_owners.TryGetValue(token, out var owner)) owner.Connection?.Abort();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(PendingAge / 4, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var (token, owner) in _owners)
            {
                // An open connection is removed when it ends.
                if (time.GetElapsedTime(owner.Since) < PendingAge || owner.Connection is not null) continue;
                _owners.TryRemove(token, out _);
                if (owner.TryUse()) Release(owner.User);
            }
        }
    }

    private async Task EndIfOverLimitAsync(ConnectionContext connection, UserConnection access)
    {
        var closed = connection.ConnectionClosed;
        await Task.Delay(OverLimitPatience, time, closed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (closed.IsCancellationRequested || access.TryTakePlace()) return;
        counters.Refused.Add(RefusingLimit.ConnectionsPerUser);
        connection.Abort();
    }

    private static Transport TransportOf(ConnectionContext connection) =>
        connection.Features.Get<IHttpTransportFeature>()?.TransportType switch
        {
            // Only a connection that no server made lacks the feature.
            null or HttpTransportType.WebSockets => Transport.WebSockets,
            HttpTransportType.ServerSentEvents => Transport.ServerSentEvents,
            HttpTransportType.LongPolling => Transport.LongPolling,
            var other => throw new InvalidOperationException($"No transport of ours is {other}."),
        };

    private static string TokenOf(HttpContext? context) => context?.Request.Query[IdInQuery.Name].ToString() ?? "";

    private sealed class Owner(string user, string hub, string connectionId, long since)
    {
        private int _used;

        public string User => user;

        public string Hub => hub;

        public string ConnectionId => connectionId;

        public long Since => since;

        /// <summary>Null until the connection is open.</summary>
        public ConnectionContext? Connection { get; set; }

        /// <summary>Null until the connection is open.</summary>
        public UserConnection? Access { get; set; }

        /// <summary>True for the first call only.</summary>
        public bool TryUse() => Interlocked.Exchange(ref _used, 1) == 0;
    }
}
