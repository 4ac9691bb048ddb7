using System.Collections.Concurrent;
using System.Net;
using StackExchange.Redis;

namespace Realtime.Server.Redis.Servers;

/// <summary>
/// Remembers which server did not answer a call in time. Commands sent to such a server pile up on the way and are carried out later, so
/// nothing more is sent there until a ping was answered: callers are refused at once instead.
/// </summary>
/// <remarks>
/// By server, because one shard of a cluster may be stuck while the others are well, and each new idempotency key has a slot of its own.
/// </remarks>
internal sealed class StuckServers
{
    /// <summary>Stands for the only server, or the master of the moment, where there is no cluster.</summary>
    private static readonly EndPoint OnlyServer = new DnsEndPoint("redis", 0);

    private readonly ConnectionMultiplexer _link;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<EndPoint, bool> _stuck = new();
    // slot → server, since the client library last read the cluster's configuration
    private readonly ConcurrentDictionary<int, EndPoint> _moved = new();

    public StuckServers(ConnectionMultiplexer link, TimeProvider time)
    {
        (_link, _time) = (link, time);
        IsCluster = link.GetEndPoints().Any(server => link.GetServer(server).ServerType == ServerType.Cluster);
        if (!IsCluster) return;
        link.HashSlotMoved += (_, moved) => _moved[moved.HashSlot] = moved.NewEndPoint;
        link.ConfigurationChanged += (_, _) => _moved.Clear();
    }

    public bool IsCluster { get; }

    public bool Contains(RedisKey key) => !_stuck.IsEmpty && ServerOf(key) is { } server && _stuck.ContainsKey(server);

    /// <summary>A call for this key was not answered in time.</summary>
    /// <returns>Null if that was known, or the server is not; else completes when the server answers again.</returns>
    public Task? Add(RedisKey key, CancellationToken cancel)
    {
        return ServerOf(key) is { } server && _stuck.TryAdd(server, true) ? RemoveWhenAnsweredAsync(server, key, cancel) : null;
    }

    private async Task RemoveWhenAnsweredAsync(EndPoint server, RedisKey key, CancellationToken cancel)
    {
        while (!await IsAnsweredAsync(server, key, cancel)) await Task.Delay(RedisLimits.Retry, _time, cancel);
        _stuck.TryRemove(server, out _);
    }

    private async Task<bool> IsAnsweredAsync(EndPoint server, RedisKey key, CancellationToken cancel)
    {
        try
        {
            // Without a cluster about the key, so that it takes the way that the calls take. In a cluster another server may have the key's
            // slot by now.
            Task answer = IsCluster
                ? _link.GetServer(server).PingAsync()
                : _link.GetDatabase().KeyExistsAsync(key, CommandFlags.DemandMaster);
            await answer.WaitAsync(RedisLimits.Ping, _time, cancel);
            return true;
        }
        catch (RedisServerException)
        {
            return true;    // it says why it does not serve us, which is an answer
        }
        catch (Exception notYet) when (notYet is RedisException or TimeoutException
            || (notYet is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return false;
        }
    }

    /// <summary>
    /// Null if no key says it, because any server of a cluster takes messages for channels; or if no server is known to have the key's
    /// slot.
    /// </summary>
    /// <remarks>
    /// Not <c>GetServer(key)</c>, which names any other server while the right one is not connected. A call that is sent
    /// there is redirected to the right server, and then waits for it in vain.
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
