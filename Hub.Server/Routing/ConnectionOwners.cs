using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Connections.Features;
using Microsoft.AspNetCore.SignalR;
using Realtime.Server.Feed;
using Realtime.Server.Node;
using Realtime.Server.Routing.Tickets;
using Realtime.Server.Security;

namespace Realtime.Server.Routing;

/// <summary>Who negotiated which connection. SignalR does not check: to it whoever knows a token may send, poll and hang up.</summary>
internal sealed class ConnectionOwners(RoutingOptions options, HubCounters counters, IOpenedConnections opened, TimeProvider time)
    : BackgroundService
{
    /// <summary>SignalR forgets a connection that was negotiated and never used after 15 to 16 s.</summary>
    private static readonly TimeSpan PendingAge = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<string, Owner> _owners = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _pendingPerUser = []; // guarded by _gate
    private int _pending;                                          // guarded by _gate
    private readonly EndedConnections _ended = new(time);

    /// <summary>Takes a place among those who have negotiated and not yet connected.</summary>
    /// <returns>False: there is none.</returns>
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

    /// <summary>Gives back a place that <see cref="TryReserve"/> took.</summary>
    public void Release(string user)
    {
        lock (_gate)
        {
            _pending--;
            if (--_pendingPerUser[user] == 0) _pendingPerUser.Remove(user);
        }
    }

    /// <summary>Remembers who a token was given to. The reserved place is given back when the token is used or forgotten.</summary>
    public void Negotiated(string token, Caller caller, string hub) => _owners[token] = new Owner(caller, hub, time.GetTimestamp());

    /// <summary>Whether a request to a hub may use a connection. SignalR itself refuses one that was not negotiated here.</summary>
    public bool MayUse(string token, Caller caller, string hub)
    {
        if (!_owners.TryGetValue(token, out var owner)) return true;
        if (owner.Reader.User != caller.User || owner.Hub != hub) return false;
        // A long poll that comes with a newer token of the same user goes on, unless that may read less: what is streamed was opened with
        // the old one.
        if (caller.ExpiresAt > owner.Reader.ExpiresAt && !owner.Reader.Topics.Except(caller.Topics).Any())
            owner.Reader.ExpiresAt = caller.ExpiresAt;
        return true;
    }

    /// <summary>Whether a connection is a caller's, or was until a moment ago.</summary>
    public bool IsOrWasOf(string token, Caller caller, string hub) =>
        _owners.TryGetValue(token, out var owner)
        ? owner.Reader.User == caller.User && owner.Hub == hub
        : _ended.WasOf(token, caller.User, hub);

    /// <summary>The reader behind a hub connection, whose token may be renewed while it is connected.</summary>
    public Reader ReaderOf(HubCallerContext context, Caller caller) =>
        _owners.TryGetValue(TokenOf(context.GetHttpContext()), out var owner)
            ? owner.Reader
            : new Reader(caller.User, caller.Topics, caller.ExpiresAt);

    /// <summary>Goes around a connection's whole life, so that what is remembered of it ends with it.</summary>
    /// <param name="counts">Whether it is one of the readers' connections that <see cref="HubCounters"/> counts.</param>
    public ConnectionDelegate Track(ConnectionDelegate next, bool counts) => async connection =>
    {
        var request = connection.GetHttpContext();
        var token = TokenOf(request);
        // Negotiated on another node: the client knows it by the id that it was told there.
        if (request?.Features.Get<AdoptedId>() is { } adopted) connection.ConnectionId = adopted.ConnectionId;
        if (request?.Features.Get<ConnectionTicket>() is { } ticket)
            _ = opened.AddOpenedAsync(ticket, request.Request.Headers.Host.ToString());
        if (_owners.TryGetValue(token, out var owner))
        {
            owner.Connection = connection;
            if (owner.TryUse()) Release(owner.Reader.User);
        }
        using var connected = counts ? counters.Connect(TransportOf(connection)) : default(HubCounters.Connected?);
        try
        {
            await next(connection);
        }
        finally
        {
            // The end of a WebSocket is the last that its client sends.
            if (owner is not null && TransportOf(connection) != Transport.WebSockets) _ended.Add(token, owner.Reader.User, owner.Hub);
            _owners.TryRemove(token, out _);
        }
    };

    /// <summary>
    /// Gives back the place of a connection that its client has opened on another node. Whom the token belongs to is still known here, as
    /// SignalR still knows the token.
    /// </summary>
    public void OpenedElsewhere(ReadOnlySpan<char> token)
    {
        if (_owners.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(token, out var owner) && owner.TryUse())
            Release(owner.Reader.User);
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
                // One that is open here is forgotten at its end.
                if (time.GetElapsedTime(owner.Since) < PendingAge || owner.Connection is not null) continue;
                _owners.TryRemove(token, out _);
                if (owner.TryUse()) Release(owner.Reader.User);
            }
        }
    }

    private static Transport TransportOf(ConnectionContext connection) =>
        connection.Features.Get<IHttpTransportFeature>()?.TransportType switch
        {
            // The feature is missing in a connection that no server made.
            null or HttpTransportType.WebSockets => Transport.WebSockets,
            HttpTransportType.ServerSentEvents => Transport.ServerSentEvents,
            HttpTransportType.LongPolling => Transport.LongPolling,
            var other => throw new InvalidOperationException($"No transport of ours is {other}."),
        };

    private static string TokenOf(HttpContext? context) => context?.Request.Query[IdInQuery.Name].ToString() ?? "";

    private sealed class Owner(Caller caller, string hub, long since)
    {
        private int _used;

        public Reader Reader { get; } = new(caller.User, caller.Topics, caller.ExpiresAt);

        public string Hub => hub;

        public long Since => since;

        /// <summary>Null until it is open.</summary>
        public ConnectionContext? Connection { get; set; }

        /// <summary>True once.</summary>
        public bool TryUse() => Interlocked.Exchange(ref _used, 1) == 0;
    }
}
