using Realtime.Server.Feed;
using Realtime.Server.Log;
using Realtime.Server.Node;
using Realtime.Server.Redis;

namespace Realtime.Server.Operations;

/// <summary>What an operator wants to know first: what is kept where, and who can reach it.</summary>
internal sealed partial class StartUpReport(LogOptions log, FeedOptions feed, DrainOptions drain, ILogger<StartUpReport> logger, RedisConnection? redis = null)
{
    public void Write(IEnumerable<string> addresses)
    {
        if (redis is null) Keeps(log.DataPath, log.Retention.Age, log.Retention.Count);
        else KeepsInRedis(redis.Servers, log.Retention.Age, log.Retention.Count);
        Limits(feed.ConnectionsPerUser, drain.Duration);
        Serves(string.Join(", ", addresses));
    }

    [LoggerMessage(EventIds.StartUpReport, LogLevel.Information, "Log: SQLite in {Folder}, keeps {Age} or {Count} notifications per topic. One node: no Redis is configured.")]
    private partial void Keeps(string folder, TimeSpan age, int count);

    [LoggerMessage(EventIds.StartUpOnRedis, LogLevel.Information, "Log: Redis at {Servers}, keeps {Age} or {Count} notifications per topic. Backplane: its pub/sub.")]
    private partial void KeepsInRedis(string servers, TimeSpan age, int count);

    [LoggerMessage(EventIds.StartUpLimits, LogLevel.Information, "Limits: {Connections} connections per user. Stops within {Drain} and a little.")]
    private partial void Limits(int connections, TimeSpan drain);

    [LoggerMessage(EventIds.StartUpAddresses, LogLevel.Information, "{Addresses}: POST, GET /api/notifications · /hubs/orders (WebSockets, SSE, long polling) · dashboard at /")]
    private partial void Serves(string addresses);
}
