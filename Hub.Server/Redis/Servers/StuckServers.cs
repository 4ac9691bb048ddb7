using System.Collections.Concurrent;
using System.Net;
using StackExchange.Redis;

namespace Realtime.Server.Redis.Servers;

/// <summary>
/// Records which servers did not answer a call in time. Commands sent to such a server would queue up and be executed later. Nothing more
/// is therefore sent there until it answers a probe, and callers are refused at once.
/// </summary>
/// <remarks>
/// By server. Not for the whole cluster, because one shard may be stuck while the others work. Not by slot, because each new idempotency
/// key has its own slot.
/// </remarks>
internal sealed class StuckServers
{
    /// <summary>Without a cluster: stands for the only server, or the current master.</summary>
    private static readonly EndPoint OnlyServer = new DnsEndPoint("redis", 0);

    private readonly ConnectionMultiplexer _link;
    private readonly RedisKey _probe;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<EndPoint, bool> _stuck = new();
    // slot → server, since the client library last read the cluster's configuration
    private readonly ConcurrentDictionary<int, EndPoint> _moved = new();

    /// <param name="probe">A key that this node may read; without a cluster, probes ask whether it exists.</param>
    public StuckServers(ConnectionMultiplexer link, RedisKey probe, TimeProvider time)
    {
        (_link, _probe, _time) = (link, probe, time);
        IsCluster = link.GetEndPoints().Any(server => link.GetServer(server).ServerType == ServerType.Cluster);
        if (!IsCluster) return;
        link.HashSlotMoved += (_, moved) => _moved[moved.HashSlot] = moved.NewEndPoint;
        link.ConfigurationChanged += (_, _) => _moved.Clear();
    }

    public bool IsCluster { get; }

    public bool Contains(RedisKey key) => !_stuck.IsEmpty && ServerOf(key) is { } server && _stuck.ContainsKey(server);

    /// <summary>A call for this key was not answered in time.</summary>
    /// <returns>Null if the server is recorded already or not known; else completes when the server answers again.</returns>
    public Task? Add(RedisKey key, CancellationToken cancel)
    {
        return ServerOf(key) is { } server && _stuck.TryAdd(server, true) ? RemoveWhenAnsweredAsync(server, cancel) : null;
    }

    private async Task RemoveWhenAnsweredAsync(EndPoint server, CancellationToken cancel)
    {
        while (!await IsAnsweredAsync(server, cancel)) await Task.Delay(RedisLimits.Retry, _time, cancel);
        _stuck.TryRemove(server, out _);
    }

    private async Task<bool> IsAnsweredAsync(EndPoint server, CancellationToken cancel)
    {
        try
        {
            // Without a cluster, read a key, so that the probe takes the same route as the calls. In a cluster, another server may own the
            // slot of any key by now.
            Task answer = IsCluster
                ? _link.GetServer(server).PingAsync()
                : _link.GetDatabase().KeyExistsAsync(_probe, CommandFlags.DemandMaster);
            await answer.WaitAsync(RedisLimits.Ping, _time, cancel);
            return true;
        }
        catch (RedisServerException)
        {
            return true;    // an error is an answer too
        }
        catch (Exception) when (!cancel.IsCancellationRequested)
        {
            // Whatever it is: if the probes ended, this node would refuse all calls until it is restarted.
            return false;
        }
    }

    /// <summary>
    /// Null without a key, because any server of a cluster accepts messages for channels. Null also if no known server owns the key's slot.
    /// </summary>
    /// <remarks>
    /// Not <c>GetServer(key)</c>, which returns any other server while the right one is not connected. A call sent there is redirected to
    /// the right server, and then times out.
    /// </remarks>
    private EndPoint? ServerOf(RedisKey key)
    {
        if (!IsCluster) return OnlyServer;
        if (key.Equals(default(RedisKey))) return null;
        if (_moved.TryGetValue(_link.HashSlot(key), out var server)) return server;
        foreach (var connected in _link.GetServers())
            if (connected.IsConnected && connected.ClusterConfiguration?.GetBySlot(key)?.EndPoint is { } owner) return owner;
        return null;
    }
}
