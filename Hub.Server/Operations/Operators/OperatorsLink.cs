using Realtime.Server.Redis;
using Realtime.Server.Redis.Servers;
using StackExchange.Redis;

namespace Realtime.Server.Operations.Operators;

/// <summary>
/// The connection of SignalR's backplane to Redis. The backplane is created with the first statistics, after Redis was reached.
/// </summary>
/// <remarks>
/// The backplane subscribes once, when it gets its connection. If Redis is unreachable at that moment, the backplane never receives
/// messages to all (measured). So it gets a connection that already carries subscriptions; from then on the client library renews them.
/// The backplane keeps that connection for good, so it is the connection that must lead to another server after a failover.
/// </remarks>
internal sealed class OperatorsLink(RedisConnection redis, RedisOptions options, TimeProvider time, IHostApplicationLifetime application)
    : IOperatorsLink
{
    private readonly MasterTunnel _tunnel = new(() => redis.Master);
    private volatile ConnectionMultiplexer? _link;

    /// <summary>Completes when Redis was reached for the first time and passed the checks.</summary>
    public Task Reached => redis.Reached;

    /// <summary>True if the connection is up, or does not exist yet.</summary>
    public bool MayCarry => _link is not { } link || link.GetSubscriber().IsConnected();

    /// <summary>Opens the connection, and retries until that succeeds. The backplane calls this once, and owns the result.</summary>
    public async Task<IConnectionMultiplexer> OpenAsync()
    {
        redis.MasterReplaced += _tunnel.Cut;
        while (true)
        {
            if (await TryOpenAsync() is { } link) return _link = link;
            await Task.Delay(RedisLimits.Retry, time, application.ApplicationStopping);
        }
    }

    private async Task<ConnectionMultiplexer?> TryOpenAsync()
    {
        ConnectionMultiplexer? link = null;
        try
        {
            link = await RedisLink.OpenForOperatorsAsync(
                options.ConnectionString, redis.Channels.OperatorsPrefix, redis.Master, _tunnel);
            // Ping over the connection for subscriptions, which is established slightly later than the one for commands.
            await link.GetSubscriber().PingAsync();
            return link;
        }
        catch (Exception away) when (away is RedisException or TimeoutException)
        {
            // RedisConnection logs it.
            link?.Dispose();
            return null;
        }
    }
}
