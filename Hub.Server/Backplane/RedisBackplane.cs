using System.Net;
using System.Net.Sockets;
using Realtime.Server.Backplane.Redis;
using Realtime.Server.Notifications;
using Realtime.Server.Redis;
using StackExchange.Redis;

namespace Realtime.Server.Backplane;

/// <summary>Many nodes: Redis pub/sub, one channel for each topic that this node has readers for. The log's script is who announces.</summary>
/// <remarks>
/// It never claims to have heard everything: (1) a link that fails is replaced, and all listeners are told (2) so is one that no longer carries
/// this node's beacon (3) heads are compared with the log all the time.
/// </remarks>
internal sealed partial class RedisBackplane(
    RedisConnection redis, RedisOptions options, BackplaneLimits limits, TimeProvider time, ILogger<RedisBackplane> logger)
    : BackgroundService, IBackplane
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Topic, (HeardTopic Heard, Task Ready)> _topics = [];     // guarded by _gate
    private readonly Beacon _beacon = new(redis);
    private readonly HeadComparison _comparison = new(redis, time);
    private readonly OnceInAWhile _told = new(time);
    private NewsLink? _link;                                                              // guarded by _gate

    /// <remarks>
    /// Completes in any case: while there is no link, or if this one fails, nothing is announced, and the listener is told when there is one.
    /// </remarks>
    public ValueTask ListenAsync(Topic topic, IBackplaneListener listener, CancellationToken cancel)
    {
        Task ready;
        lock (_gate)
        {
            var heard = new HeardTopic(topic, listener);
            // The channel is subscribed to already: only who is told changes.
            ready = _topics.TryGetValue(topic, out var old) ? old.Ready : SubscribeCore(topic);
            _topics[topic] = (heard, ready);
        }
        return new(ready.WaitAsync(cancel));
    }

    public ValueTask IgnoreAsync(Topic topic, IBackplaneListener listener)
    {
        lock (_gate)
        {
            if (!_topics.TryGetValue(topic, out var current) || current.Heard.Listener != listener) return ValueTask.CompletedTask;
            _topics.Remove(topic);
            _link?.Unsubscribe(RedisKeys.News(topic));
        }
        return ValueTask.CompletedTask;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await redis.Reached.WaitAsync(stoppingToken);
        // Neither ends by itself; a fault in one of them ends the node, because half a backplane is worse than none.
        await await Task.WhenAny(KeepListeningAsync(stoppingToken), KeepComparingAsync(stoppingToken));
    }

    private async Task KeepListeningAsync(CancellationToken cancel)
    {
        EndPoint? last = null;
        while (true)
        {
            try
            {
                using var link = await OpenAsync(last);
                last = link.Server;
                await SubscribeToAllAsync(link);
                TellAll();
                Listening(RedisLink.Describe(link.Server));
                await WhileItCarriesAsync(link, cancel);
            }
            catch (Exception unavailable) when (unavailable is RedisUnavailableException or RedisException or TimeoutException or IOException or SocketException)
            {
                if (_told.MayTell("", BackplaneEventIds.CannotListen)) CannotListen(unavailable.Message);
            }
            lock (_gate) _link = null;
            await Task.Delay(BackplaneLimits.Retry, time, cancel);
        }
    }

    /// <summary>Another server than last time, if there is one: whatever was wrong may be wrong with that one.</summary>
    private Task<NewsLink> OpenAsync(EndPoint? last)
    {
        var servers = redis.ConnectedServers();
        if (servers.Count > 1) servers = [.. servers.Where(server => !server.Equals(last))];
        return servers.Count == 0
            ? throw new RedisUnavailableException("No server answers.")
            : NewsLink.OpenAsync(options.ConnectionString, servers[Random.Shared.Next(servers.Count)]);
    }

    private async Task SubscribeToAllAsync(NewsLink link)
    {
        await link.SubscribeAsync(_beacon.Channel, (_, payload) => _beacon.Hear(payload), time);
        List<Task> all = [];
        lock (_gate)
        {
            _link = link;
            foreach (var topic in _topics.Keys.ToList())
            {
                var ready = SubscribeCore(topic);
                _topics[topic] = _topics[topic] with { Ready = ready };
                all.Add(ready);
            }
        }
        await Task.WhenAll(all);
        if (link.Lost.IsCompleted) throw new RedisUnavailableException($"{RedisLink.Describe(link.Server)} does not confirm subscriptions.");
    }

    private void TellAll()
    {
        foreach (var topic in Snapshot()) topic.Listener.MayHaveMissed();
    }

    private async Task WhileItCarriesAsync(NewsLink link, CancellationToken cancel)
    {
        while (true)
        {
            var sent = limits.Beacon is not null && await _beacon.SendAsync();
            if (await Task.WhenAny(link.Lost, Task.Delay(limits.Beacon ?? Timeout.InfiniteTimeSpan, time, cancel)) == link.Lost)
            {
                LinkLost(RedisLink.Describe(link.Server));
                return;
            }
            cancel.ThrowIfCancellationRequested();
            if (!sent || _beacon.IsHeard) continue;
            LinkDeaf(RedisLink.Describe(link.Server), limits.Beacon);
            return;
        }
    }

    private async Task KeepComparingAsync(CancellationToken cancel)
    {
        var round = limits.Comparison ?? Timeout.InfiniteTimeSpan;
        if (limits.Comparison is null) await Task.Delay(round, time, cancel);
        while (true)
        {
            // Spread over the round, and none waits for another: one that finds something lingers to see whether it is only under way.
            var batches = Snapshot().Chunk(BackplaneLimits.ComparisonBatch).ToList();
            var running = new List<Task>();
            foreach (var batch in batches)
            {
                running.Add(CompareAsync(batch, cancel));
                await Task.Delay(round / batches.Count, time, cancel);
            }
            await Task.WhenAll(running);
            if (batches.Count == 0) await Task.Delay(round, time, cancel);
        }
    }

    private async Task CompareAsync(IReadOnlyList<HeardTopic> batch, CancellationToken cancel)
    {
        try
        {
            var missed = await _comparison.RunAsync(batch, cancel);
            if (missed > 0) Missed(missed);
        }
        catch (RedisUnavailableException) { /* next time; readers that want to read are told so by the log */ }
    }

    private HeardTopic[] Snapshot()
    {
        lock (_gate) return [.. _topics.Values.Select(topic => topic.Heard)];
    }

    // Under the lock, so that the link gets subscribe and unsubscribe in the order in which they were decided.
    private Task SubscribeCore(Topic topic) =>
        _link?.SubscribeAsync(RedisKeys.News(topic), (_, payload) => Hear(topic, payload), time) ?? Task.CompletedTask;

    private void Hear(Topic topic, RedisValue payload)
    {
        HeardTopic heard;
        lock (_gate)
        {
            if (!_topics.TryGetValue(topic, out var current)) return;
            heard = current.Heard;
        }
        if (NewsFrame.Parse((byte[])payload) is { } notification) heard.Hear(notification);
        else if (_told.MayTell(topic.Text, BackplaneEventIds.ForeignNews)) ForeignNews((string)RedisKeys.News(topic)!);
    }

    [LoggerMessage(BackplaneEventIds.Listening, LogLevel.Information, "Listening to announcements at {Server}.")]
    private partial void Listening(string server);

    [LoggerMessage(BackplaneEventIds.CannotListen, LogLevel.Warning, "Cannot listen to announcements: {Why} Readers get what is new from the log, some seconds late, until it works again.")]
    private partial void CannotListen(string why);

    [LoggerMessage(BackplaneEventIds.LinkLost, LogLevel.Warning, "The link for announcements to {Server} was lost. Another one is set up, and readers read the log meanwhile.")]
    private partial void LinkLost(string server);

    [LoggerMessage(BackplaneEventIds.LinkDeaf, LogLevel.Warning, "The link for announcements to {Server} looks healthy and carries nothing: a beacon did not come back within {Limit}. It is replaced.")]
    private partial void LinkDeaf(string server, TimeSpan? limit);

    [LoggerMessage(BackplaneEventIds.Missed, LogLevel.Debug, "Announcements of {Topics} topics had not arrived; their readers read the log.")]
    private partial void Missed(int topics);

    [LoggerMessage(BackplaneEventIds.ForeignNews, LogLevel.Warning, "Something on {Channel} was no announcement of ours. It was ignored.")]
    private partial void ForeignNews(string channel);
}
