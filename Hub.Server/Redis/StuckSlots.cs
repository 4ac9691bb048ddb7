using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Realtime.Server.Redis;

/// <summary>
/// Remembers where a call has run out. What is sent to a server that does not answer piles up on the way and is carried out later, so nothing more
/// is sent there until a ping has been answered: callers are refused at once instead.
/// </summary>
/// <remarks>By hash slot, since one shard of a cluster may be stuck while the others are well; one Redis is one slot.</remarks>
internal sealed class StuckSlots(ConnectionMultiplexer link, TimeProvider time)
{
    private readonly ConcurrentDictionary<int, bool> _stuck = new();

    public bool IsCluster { get; } = link.GetEndPoints().Any(server => link.GetServer(server).ServerType == ServerType.Cluster);

    public bool Contains(RedisKey key) => !_stuck.IsEmpty && _stuck.ContainsKey(SlotOf(key));

    /// <summary>A call for this key has run out.</summary>
    /// <returns>Null if that was known; else completes when the server answers again.</returns>
    public Task? Add(RedisKey key, CancellationToken cancel)
    {
        var slot = SlotOf(key);
        return _stuck.TryAdd(slot, true) ? RemoveWhenAnsweredAsync(slot, key, cancel) : null;
    }

    private async Task RemoveWhenAnsweredAsync(int slot, RedisKey key, CancellationToken cancel)
    {
        while (!await IsAnsweredAsync(key, cancel)) await Task.Delay(RedisLimits.Retry, time, cancel);
        _stuck.TryRemove(slot, out _);
    }

    private async Task<bool> IsAnsweredAsync(RedisKey key, CancellationToken cancel)
    {
        try
        {
            // About the key, and not PING, so that it takes the way that the calls take.
            await link.GetDatabase().KeyExistsAsync(key, CommandFlags.DemandMaster).WaitAsync(RedisLimits.Ping, time, cancel);
            return true;
        }
        catch (RedisServerException)
        {
            return true;    // it says why it does not serve us, which is an answer
        }
        catch (Exception notYet) when (notYet is RedisException or TimeoutException || (notYet is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return false;
        }
    }

    private int SlotOf(RedisKey key) => IsCluster ? link.HashSlot(key) : 0;
}
