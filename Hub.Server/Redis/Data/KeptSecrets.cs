using System.Collections.Concurrent;

namespace Realtime.Server.Redis.Data;

/// <summary>
/// The secrets in Redis that this node knows. If one is gone, because it was deleted or evicted, the node puts back the one it knows:
/// another one would make tokens, cookies and marks invalid that the nodes have given out.
/// </summary>
internal sealed partial class KeptSecrets(RedisConnection redis, ILogger logger)
{
    private readonly ConcurrentDictionary<string, Func<Task<bool>>> _checks = new(StringComparer.Ordinal);

    /// <param name="text">What stands under the key.</param>
    /// <param name="replaced">Takes another text that stands there now; false: it cannot be used. Null: its user goes on with the one it
    /// has.</param>
    public void Add(string key, string text, Func<string, bool>? replaced = null)
    {
        var (known, other) = (text, (string?)null);
        _checks[key] = async () =>
        {
            var kept = await redis.AskAsync(key, database => database.ExecuteAsync("SET", key, known, "NX", "GET"));
            if (kept.IsNull) return true;
            if ((string?)kept is not { } now || now == known || now == other) return false;
            other = now;
            SecretReplaced(key);
            if (replaced?.Invoke(now) == true) known = now;
            return false;
        };
    }

    /// <param name="putBack">Puts back what is gone; true if something was.</param>
    public void Add(string key, Func<Task<bool>> putBack) => _checks[key] = putBack;

    /// <summary>Looks at one key. Does nothing if it is not known.</summary>
    public async Task CheckAsync(string key)
    {
        try
        {
            if (_checks.TryGetValue(key, out var putBack) && await putBack()) SecretPutBack(key);
        }
        catch (RedisUnavailableException) { /* it is looked at again */ }
    }

    public async Task CheckAsync()
    {
        foreach (var key in _checks.Keys) await CheckAsync(key);
    }

    [LoggerMessage(RedisEventIds.SecretPutBack, LogLevel.Warning,
        "{RedisKey} was gone from Redis: it was deleted, or evicted. This node has put back what it knows. Find out who deletes keys there "
        + "(maxmemory-policy must be noeviction).")]
    private partial void SecretPutBack(string redisKey);

    [LoggerMessage(RedisEventIds.SecretReplaced, LogLevel.Warning,
        "{RedisKey} in Redis holds another value than this node knew. Nodes that use different values refuse what the others have signed: "
        + "restart the nodes that say this.")]
    private partial void SecretReplaced(string redisKey);
}
