using System.Collections.Concurrent;

namespace Realtime.Server.Redis.Data;

/// <summary>
/// The secrets in Redis that this node has read. If Redis loses one, because it was deleted or evicted, the node restores its copy: a new
/// secret would invalidate the tokens, cookies and marks that the nodes have issued.
/// </summary>
internal sealed partial class KeptSecrets(RedisConnection redis, ILogger logger)
{
    private readonly ConcurrentDictionary<string, Func<Task<bool>>> _checks = new(StringComparer.Ordinal);

    /// <param name="text">The secret that the key holds.</param>
    /// <param name="replaced">
    /// Receives a different text that the key holds later; returns false if that text cannot be used. Null if the secret's user cannot
    /// change it.
    /// </param>
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

    /// <param name="putBack">Restores what Redis has lost; true if it restored something.</param>
    public void Add(string key, Func<Task<bool>> putBack) => _checks[key] = putBack;

    /// <summary>Checks one key; does nothing if it was not added.</summary>
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
