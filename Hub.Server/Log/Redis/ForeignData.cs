using Realtime.Server.Node;
using Realtime.Server.Notifications;
using Realtime.Server.Redis.Data;
using StackExchange.Redis;

namespace Realtime.Server.Log.Redis;

/// <summary>Logs data in our keys that is not ours: the key, and what was done about it. Each key is throttled.</summary>
internal sealed partial class ForeignData(RedisKeys keys, TimeProvider time, ILogger logger)
{
    private readonly LogThrottle _throttle = new(time);

    /// <summary>An append found that the topic's head or newest entry is not ours, and repaired it.</summary>
    public void WasMended(Topic topic)
    {
        if (_throttle.MayLog(keys.Log(topic)!, LogEventIds.ForeignDataMended))
            Mended(LogText.Of(keys.Log(topic)!), LogText.Of(keys.Head(topic)!));
    }

    /// <summary>A read found data that no version of this server has written. It is not delivered.</summary>
    public void WasIgnored(RedisKey key)
    {
        // One message for all idempotency keys: publishers can create any number of them.
        if (_throttle.MayLog(keys.IsKeyRecord(key) ? nameof(RedisKeys.KeyRecord) : key!, LogEventIds.ForeignDataIgnored))
            Ignored(LogText.Of(key!));
    }

    [LoggerMessage(LogEventIds.ForeignDataMended, LogLevel.Warning,
        "Another program has written to {Stream} or {Head}: what was not ours at the end of the stream was removed, and numbering goes on "
        + "after our newest entry.")]
    private partial void Mended(string stream, string head);

    [LoggerMessage(LogEventIds.ForeignDataIgnored, LogLevel.Warning,
        "{RedisKey} holds or carried something that this server cannot have written, or lacks something that it wrote. What is not part of "
        + "the log was ignored.")]
    private partial void Ignored(string redisKey);
}
