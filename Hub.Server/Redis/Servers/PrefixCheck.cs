using Realtime.Server.Redis.Data;
using StackExchange.Redis;

namespace Realtime.Server.Redis.Servers;

/// <summary>
/// Warns at the start if the prefix is not the default one and the database has keys of the default one. Then the setting may have been
/// changed by mistake, and nothing else shows why all topics, sessions and revocations seem to be gone.
/// </summary>
internal static partial class PrefixCheck
{
    public static async Task RunAsync(IDatabase database, string prefix, ILogger logger, TimeProvider time)
    {
        if (prefix == RedisOptions.DefaultPrefix) return;
        var others = new RedisKeys(RedisOptions.DefaultPrefix);
        foreach (var key in (string[])[others.Nodes, others.AnnouncementSecret])
        {
            if (!await ExistsAsync(database, key, time)) continue;
            DefaultPrefixInUse(logger, prefix, RedisOptions.DefaultPrefix, key);
            return;
        }
    }

    /// <summary>False also if Redis does not say: an ACL for the other prefix alone refuses the question, as it should.</summary>
    private static async Task<bool> ExistsAsync(IDatabase database, string key, TimeProvider time)
    {
        try
        {
            return await database.KeyExistsAsync(key).WaitAsync(RedisLimits.Call, time);
        }
        catch (Exception refused) when (CallFailures.IsOfRedis(refused))
        {
            return false;
        }
    }

    [LoggerMessage(RedisEventIds.DefaultPrefixInUse, LogLevel.Warning,
        "Hub:Redis:Prefix is {Prefix}, and this database also has keys of the default prefix {DefaultPrefix}, such as {RedisKey}. This "
        + "node does not use those: their notifications, sessions and revocations do not exist for it. If that is not intended, remove "
        + "the setting.")]
    private static partial void DefaultPrefixInUse(ILogger logger, string prefix, string defaultPrefix, string redisKey);
}
