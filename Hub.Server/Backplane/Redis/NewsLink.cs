using System.Net;
using Realtime.Server.Redis;
using StackExchange.Redis;

namespace Realtime.Server.Backplane.Redis;

/// <summary>One subscription link to one server, from being set up until it fails. It is never mended: another one takes its place.</summary>
internal sealed class NewsLink : IDisposable
{
    private readonly ConnectionMultiplexer _link;
    private readonly ISubscriber _subscriber;
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private NewsLink(ConnectionMultiplexer link, EndPoint server)
    {
        (_link, Server) = (link, server);
        _subscriber = link.GetSubscriber();
        link.ConnectionFailed += (_, _) => Fail();
    }

    public EndPoint Server { get; }

    /// <summary>Completes when the link is broken.</summary>
    public Task Lost => _lost.Task;

    /// <exception cref="RedisUnavailableException">The server does not answer.</exception>
    public static async Task<NewsLink> OpenAsync(string connectionString, EndPoint server)
    {
        var link = await RedisLink.OpenForListeningAsync(connectionString, server);
        if (link.IsConnected) return new(link, server);
        link.Dispose();
        throw new RedisUnavailableException($"{RedisLink.Describe(server)} does not answer.");
    }

    /// <summary>Subscribes; completes when the server has confirmed it. Commands take effect in the order in which they are given.</summary>
    public async Task SubscribeAsync(RedisChannel channel, Action<RedisChannel, RedisValue> hear, TimeProvider time)
    {
        try
        {
            await _subscriber.SubscribeAsync(channel, hear).WaitAsync(BackplaneLimits.Subscribe, time);
        }
        catch (Exception failed) when (failed is RedisException or TimeoutException or ObjectDisposedException)
        {
            Fail();
        }
    }

    /// <summary>Nobody waits for it: what still comes in is nobody's.</summary>
    public void Unsubscribe(RedisChannel channel)
    {
        try
        {
            _subscriber.Unsubscribe(channel, flags: CommandFlags.FireAndForget);
        }
        catch (Exception failed) when (failed is RedisException or ObjectDisposedException)
        {
            Fail();
        }
    }

    public void Fail() => _lost.TrySetResult();

    public void Dispose()
    {
        Fail();
        // Without waiting for what is still queued: it may be a stuck server's.
        _link.Close(allowCommandsToComplete: false);
        _link.Dispose();
    }
}
