using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Connections.Features;
using Microsoft.AspNetCore.SignalR;
using Realtime.Server.Feed;
using Realtime.Server.Operations;
using Realtime.Server.Security;

namespace Realtime.Server.Routing;

/// <summary>Who negotiated which connection. SignalR does not check: to it whoever knows a token may send, poll and hang up.</summary>
internal sealed class ConnectionOwners(RoutingOptions options, HubCounters counters, TimeProvider time) : BackgroundService
{
    /// <summary>SignalR forgets a connection that was negotiated and never used after 15 to 16 s.</summary>
    private static readonly TimeSpan PendingAge = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<string, Owner> _owners = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _pendingPerUser = []; // guarded by _gate
    private int _pending;                                          // guarded by _gate

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
    public void Negotiated(string token, Caller caller) => _owners[token] = new Owner(caller, time.GetTimestamp());

    /// <summary>Whether a request may use a connection. One that nobody here negotiated is SignalR's to refuse.</summary>
    public bool MayUse(string token, Caller caller)
    {
        if (!_owners.TryGetValue(token, out var owner)) return true;
        if (owner.Reader.User != caller.User) return false;
        // A long poll that comes with a newer token of the same user goes on, unless that may read less: what is streamed was opened with the old one.
        if (caller.ExpiresAt > owner.Reader.ExpiresAt && !owner.Reader.Topics.Except(caller.Topics).Any()) owner.Reader.ExpiresAt = caller.ExpiresAt;
        return true;
    }

    /// <summary>The reader behind a hub connection, whose token may be renewed while it is connected.</summary>
    public Reader ReaderOf(HubCallerContext context, Caller caller) =>
        _owners.TryGetValue(TokenOf(context.GetHttpContext()), out var owner)
            ? owner.Reader
            : new Reader(caller.User, caller.Topics, caller.ExpiresAt);

    /// <summary>Goes around a connection's whole life, so that what is remembered of it ends with it.</summary>
    public ConnectionDelegate Track(ConnectionDelegate next) => async connection =>
    {
        var request = connection.GetHttpContext();
        var token = TokenOf(request);
        // Negotiated on another node: the client knows it by the id that it was told there.
        if (request?.Features.Get<AdoptedId>() is { } adopted) connection.ConnectionId = adopted.ConnectionId;
        if (_owners.TryGetValue(token, out var owner) && owner.TryUse()) Release(owner.Reader.User);
        using var connected = counters.Connect(CarrierOf(connection));
        try
        {
            await next(connection);
        }
        finally
        {
            _owners.TryRemove(token, out _);
        }
    };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(PendingAge / 4, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var (token, owner) in _owners)
            {
                if (time.GetElapsedTime(owner.Since) < PendingAge || !owner.TryUse()) continue;
                _owners.TryRemove(token, out _);
                Release(owner.Reader.User);
            }
        }
    }

    private static Carrier CarrierOf(ConnectionContext connection) => connection.Features.Get<IHttpTransportFeature>()?.TransportType switch
    {
        HttpTransportType.ServerSentEvents => Carrier.ServerSentEvents,
        HttpTransportType.LongPolling => Carrier.LongPolling,
        _ => Carrier.WebSockets,
    };

    private static string TokenOf(HttpContext? context) => context?.Request.Query[IdInQuery.Name].ToString() ?? "";

    private sealed class Owner(Caller caller, long since)
    {
        private int _used;

        public Reader Reader { get; } = new(caller.User, caller.Topics, caller.ExpiresAt);

        public long Since { get; } = since;

        /// <summary>True once.</summary>
        public bool TryUse() => Interlocked.Exchange(ref _used, 1) == 0;
    }
}
