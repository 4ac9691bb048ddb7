using Realtime.Server.Log;
using Realtime.Server.Node;
using Realtime.Server.Redis;

namespace Realtime.Server.Operations;

/// <summary>The first line of the <see cref="StartUpReport"/>: where notifications are stored, and for how long.</summary>
internal interface IStoreReport
{
    void Write(ILogger logger);
}

internal sealed partial class SqliteReport(LogOptions log) : IStoreReport
{
    public void Write(ILogger logger) => Keeps(logger, log.DataPath, log.Retention.Age, log.Retention.Count);

    [LoggerMessage(EventIds.StartUpReport, LogLevel.Information,
        "Log: SQLite in {Folder}, keeps {Age} or {Count} notifications per topic. One node: no Redis is configured.")]
    private static partial void Keeps(ILogger logger, string folder, TimeSpan age, int count);
}

internal sealed partial class RedisReport(LogOptions log, RedisConnection redis) : IStoreReport
{
    public void Write(ILogger logger) => Keeps(logger, redis.Servers, log.Retention.Age, log.Retention.Count);

    [LoggerMessage(EventIds.StartUpOnRedis, LogLevel.Information,
        "Log: Redis at {Servers}, keeps {Age} or {Count} notifications per topic. Backplane: its pub/sub.")]
    private static partial void Keeps(ILogger logger, string servers, TimeSpan age, int count);
}
