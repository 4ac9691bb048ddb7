using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace Realtime.Server.Redis.Servers;

/// <summary>
/// Checks a Redis in use: whether it may evict keys, whether it has done so, whether it writes an append-only file, and whether its clock
/// agrees with this node's.
/// <see cref="ServerCheck"/> runs when a server is chosen. Of these, it checks only whether the server may evict.
/// </summary>
internal sealed partial class RedisWatch(ConnectionMultiplexer link, ILogger logger, TimeProvider time)
{
    private readonly Dictionary<EndPoint, Seen> _seen = [];

    private sealed record Seen(string Run, string Danger, long Evicted, bool ClocksDiffer, bool IsPersistent);

    /// <returns>
    /// By how many milliseconds this node's clock is ahead of that of the server with the largest difference; 0 if they agree.
    /// </returns>
    public async Task<long> LookAsync()
    {
        var ahead = 0L;
        foreach (var server in link.GetEndPoints().Select(server => link.GetServer(server))
            .Where(server => server is { IsConnected: true, IsReplica: false }))
        {
            try
            {
                var one = await LookAsync(server).WaitAsync(RedisLimits.Call, time);
                if (Math.Abs(one) > Math.Abs(ahead)) ahead = one;
            }
            catch (Exception silent) when (silent is RedisException or TimeoutException
                or OperationCanceledException)
            { /* the next look */ }
        }
        return ahead;
    }

    private async Task<long> LookAsync(IServer server)
    {
        // Send both commands at once. The connection keeps their order, so the measured difference is off by at most the elapsed time.
        var asked = time.GetTimestamp();
        var telling = server.TimeAsync();
        var info = ServerInfo.Parse(await server.InfoRawAsync() ?? "");
        var ahead = time.GetUtcNow() - new DateTimeOffset(await telling);
        var differ = ahead.Duration() > RedisLimits.ClocksAgree + time.GetElapsedTime(asked);
        var name = RedisLink.Describe(server.EndPoint);
        var before = _seen.GetValueOrDefault(server.EndPoint);

        var danger = info.MayEvict ? $"{info["maxmemory_policy"]} {(info.HasMemoryLimit ? "limited" : "")}" : "";
        if (danger.Length > 0 && danger != before?.Danger)
        {
            if (info.HasMemoryLimit) Evicts(name, info["maxmemory_policy"]!);
            else ServerCheck.MayEvict(logger, name, info["maxmemory_policy"]!);
        }
        if (!info.IsPersistent && before is not { IsPersistent: false }) ServerCheck.NotPersistent(logger, name);
        var run = info["run_id"] ?? "";
        var evicted = long.TryParse(info["evicted_keys"], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        if (before is not null && before.Run == run && evicted > before.Evicted) HasEvicted(name, evicted - before.Evicted);
        if (differ && before is not { ClocksDiffer: true }) ClocksDiffer(name, ahead);
        _seen[server.EndPoint] = new(run, danger, evicted, differ, info.IsPersistent);
        return differ ? (long)ahead.TotalMilliseconds : 0;
    }

    [LoggerMessage(RedisEventIds.Evicts, LogLevel.Warning,
        "Redis at {Server} evicts keys when its memory is full (maxmemory-policy {Policy}): notifications, numbers, idempotency keys and "
        + "secrets would be lost. Set maxmemory-policy to noeviction now.")]
    private partial void Evicts(string server, string policy);

    [LoggerMessage(RedisEventIds.HasEvicted, LogLevel.Warning,
        "Redis at {Server} has evicted {Keys} keys. Readers of topics that lost notifications are told of a reset; publishes that repeat a "
        + "lost idempotency key are stored again. Set maxmemory-policy to noeviction and give it memory.")]
    private partial void HasEvicted(string server, long keys);

    [LoggerMessage(RedisEventIds.ClocksDiffer, LogLevel.Warning,
        "The clock of this node is {Ahead} ahead of that of Redis at {Server}. Ages are counted by the clock of Redis: find out which one "
        + "is wrong and set it.")]
    private partial void ClocksDiffer(string server, TimeSpan ahead);
}
