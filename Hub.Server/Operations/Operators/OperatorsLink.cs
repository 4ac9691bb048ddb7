using Realtime.Server.Redis;
using Realtime.Server.Redis.Servers;
using StackExchange.Redis;

namespace Realtime.Server.Operations.Operators;

/// <summary>The link to Redis of SignalR's backplane, which is made with the first statistics: after Redis was reached.</summary>
/// <remarks>
/// The backplane subscribes once, when it gets its link. If Redis is away at that moment, it never receives what is sent to all (measured).
/// So it gets a link that already carries subscriptions; from then on the client library renews them.
/// </remarks>
internal sealed class OperatorsLink(RedisConnection redis, RedisOptions options, TimeProvider time, IHostApplicationLifetime application)
    : IOperatorsLink
{
    private volatile ConnectionMultiplexer? _link;

    /// <summary>Completes when Redis was reached for the first time and found fit.</summary>
    public Task Reached => redis.Reached;

    /// <summary>Whether it is connected, or has still to be made.</summary>
    public bool MayCarry => _link is not { } link || link.GetSubscriber().IsConnected();

    /// <summary>Opens it, for as long as that takes. The backplane calls it once, and owns the result.</summary>
    public async Task<IConnectionMultiplexer> OpenAsync()
    {
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
            link = await RedisLink.OpenForOperatorsAsync(options.ConnectionString);
            // Over the connection for subscriptions, which stands a little later than the one for commands.
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
