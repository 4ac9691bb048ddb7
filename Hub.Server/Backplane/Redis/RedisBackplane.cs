using System.Net;
using System.Net.Sockets;
using System.Text;
using Realtime.Server.Node;
using Realtime.Server.Notifications;
using Realtime.Server.Redis;
using Realtime.Server.Redis.Data;
using Realtime.Server.Redis.Servers;
using StackExchange.Redis;

namespace Realtime.Server.Backplane.Redis;

/// <summary>
/// Many nodes: Redis pub/sub, one channel for each topic that this node has readers for. The log's script publishes the announcements.
/// </summary>
/// <remarks>
/// No announcement is certain to arrive. (1) A connection that fails is replaced, and all listeners are notified. (2) The same happens if
/// this node's beacon, which takes the same path as announcements, does not return. The server must also answer a probe, because the
/// connection cannot be tested with a beacon while none can be sent. (3) Announcements are compared with the heads in the log continuously.
/// </remarks>
internal sealed partial class RedisBackplane(
    RedisConnection redis, RedisOptions options, BackplaneLimits limits, HubCounters counters, TimeProvider time,
    ILogger<RedisBackplane> logger)
    : BackgroundService, IBackplane, IMeasuredBackplane
{
    /// <summary>UTF-8 bytes; longer than any topic, whose name has 128 UTF-16 code units at most.</summary>
    private const int MaxTopic = 512;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, AnnouncedTopic> _topics = new(StringComparer.Ordinal);     // guarded by _gate; by the topic's text
    private readonly Beacon _beacon = new(redis, time);
    private readonly HeadComparison _comparison = new(redis, time);
    private readonly LogThrottle _logged = new(time);
    private AnnouncementLink? _link;                                                               // guarded by _gate

    TimeSpan? IMeasuredBackplane.BeaconAge => limits.Beacon is null ? null : _beacon.Age;

    /// <remarks>
    /// Completes even without a connection, or if the connection fails. Until there is a new one, nothing is announced; then the listener
    /// is notified.
    /// </remarks>
    public ValueTask ListenAsync(Topic topic, IBackplaneListener listener, CancellationToken cancel)
    {
        var announced = new AnnouncedTopic(topic, listener);
        lock (_gate)
        {
            // If the channel already has a subscription, only the listener changes.
            announced.Ready = _topics.TryGetValue(topic.Text, out var old) ? old.Ready : SubscribeCore(topic);
            _topics[topic.Text] = announced;
        }
        return new(announced.Ready.WaitAsync(cancel));
    }

    public ValueTask IgnoreAsync(Topic topic, IBackplaneListener listener)
    {
        lock (_gate)
        {
            if (!_topics.TryGetValue(topic.Text, out var current) || current.Listener != listener) return ValueTask.CompletedTask;
            _topics.Remove(topic.Text);
            _link?.Unsubscribe(redis.Channels.Announcements(topic));
        }
        return ValueTask.CompletedTask;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await redis.Reached.WaitAsync(stoppingToken);
        // Neither task ends normally. A fault in one of them stops the node, because half a backplane is worse than none.
        await await Task.WhenAny(KeepListeningAsync(stoppingToken), KeepComparingAsync(stoppingToken));
    }

    private async Task KeepListeningAsync(CancellationToken cancel)
    {
        EndPoint? last = null;
        while (true)
        {
            try
            {
                last = Choose(redis.ConnectedServers(), last);
                using var link = await AnnouncementLink.OpenAsync(options, last, OnMessage);
                await SubscribeToAllAsync(link);
                NotifyAll();
                Listening(RedisLink.Describe(link.Server));
                await WhileItCarriesAsync(link, cancel);
            }
            catch (Exception unavailable) when (unavailable is RedisUnavailableException or RedisException or TimeoutException
                or IOException or SocketException)
            {
                // At most once a minute for each reason; there are few reasons.
                if (_logged.MayLog(unavailable.Message, BackplaneEventIds.CannotListen)) CannotListen(unavailable.Message);
            }
            lock (_gate) _link = null;
            await Task.Delay(BackplaneLimits.Retry, time, cancel);
        }
    }

    /// <summary>Chooses a different server from last time, if there is one, because that server may have caused the failure.</summary>
    private static EndPoint Choose(IReadOnlyList<EndPoint> servers, EndPoint? last)
    {
        if (servers.Count > 1) servers = [.. servers.Where(server => !server.Equals(last))];
        return servers.Count > 0 ? servers[Random.Shared.Next(servers.Count)] : throw new RedisUnavailableException("no server answers.");
    }

    private async Task SubscribeToAllAsync(AnnouncementLink link)
    {
        await link.SubscribeAsync(_beacon.Channel, time);
        List<Task> all = [];
        lock (_gate)
        {
            _link = link;
            foreach (var announced in _topics.Values) all.Add(announced.Ready = SubscribeCore(announced.Topic));
        }
        await Task.WhenAll(all);
        if (link.Lost.IsCompleted)
            throw new RedisUnavailableException($"{RedisLink.Describe(link.Server)} does not confirm subscriptions: {await link.Lost}.");
    }

    private void NotifyAll()
    {
        foreach (var announced in Snapshot()) announced.Listener.MayHaveMissed();
    }

    private async Task WhileItCarriesAsync(AnnouncementLink link, CancellationToken cancel)
    {
        while (true)
        {
            var answered = limits.Beacon is null ? Task.CompletedTask : link.ProbeAsync(_beacon.Channel);
            var sent = limits.Beacon is not null && await _beacon.SendAsync();
            if (await Task.WhenAny(link.Lost, Task.Delay(limits.Beacon ?? Timeout.InfiniteTimeSpan, time, cancel)) == link.Lost)
            {
                LinkLost(RedisLink.Describe(link.Server), await link.Lost);
                return;
            }
            cancel.ThrowIfCancellationRequested();
            if (!answered.IsCompleted || (sent && !_beacon.HasReturned))
            {
                LinkDeaf(RedisLink.Describe(link.Server), limits.Beacon);
                return;
            }
            if (redis.ConnectedServers() is not [_, ..] servers || servers.Contains(link.Server)) continue;
            NoLongerMaster(RedisLink.Describe(link.Server));
            return;
        }
    }

    private async Task KeepComparingAsync(CancellationToken cancel)
    {
        var round = limits.Comparison ?? Timeout.InfiniteTimeSpan;
        if (limits.Comparison is null) await Task.Delay(round, time, cancel);
        while (true)
        {
            // Spread the batches over the round, without waiting for each other: a batch that finds a difference waits, because an
            // announcement may be under way.
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

    private async Task CompareAsync(IReadOnlyList<AnnouncedTopic> batch, CancellationToken cancel)
    {
        try
        {
            var missed = await _comparison.RunAsync(batch, cancel);
            if (missed == 0) return;
            counters.Holes.Add(HoleEvidence.Comparison, missed);
            Missed(missed);
        }
        catch (RedisUnavailableException) { /* in the next round; readers get the log's own error */ }
    }

    private AnnouncedTopic[] Snapshot()
    {
        lock (_gate)
        {
            // Release the task of each confirmed subscription, about 300 bytes each.
            foreach (var announced in _topics.Values)
                if (announced.Ready.IsCompletedSuccessfully) announced.Ready = Task.CompletedTask;
            return [.. _topics.Values];
        }
    }

    // Called under the lock, so that the connection sends subscriptions and unsubscriptions in the order of the changes to _topics.
    private Task SubscribeCore(Topic topic) => _link?.SubscribeAsync(redis.Channels.Announcements(topic), time) ?? Task.CompletedTask;

    private void OnMessage(ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload)
    {
        if (!redis.Channels.TryReadAnnouncements(channel, out var utf8))
        {
            _beacon.OnMessage(payload);
            return;
        }
        if (utf8.Length > MaxTopic) return;
        Span<char> text = stackalloc char[MaxTopic];
        text = text[..Encoding.UTF8.GetChars(utf8, text)];
        AnnouncedTopic? announced;
        lock (_gate)
        {
            if (!_topics.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out announced)) return;
        }
        var notification = AnnouncementFrame.Parse(payload.ToArray());
        if (notification is not null && AnnouncementFrame.Carries(payload, redis.Secret))
        {
            announced.OnAnnouncement(notification);
            return;
        }
        // A node of the first version or another program sent the message, or this node has not read the secret: only the log can be
        // trusted.
        if (notification is null && _logged.MayLog(announced.Topic.Text, BackplaneEventIds.ForeignMessage))
            ForeignMessage(LogText.Of(redis.Channels.AnnouncementsName(announced.Topic)), redis.Keys.AnnouncementSecret);
        _ = _comparison.CheckAsync(announced);
    }

    [LoggerMessage(BackplaneEventIds.Listening, LogLevel.Information, "Listening to announcements at {Server}.")]
    private partial void Listening(string server);

    [LoggerMessage(BackplaneEventIds.CannotListen, LogLevel.Warning,
        "Cannot listen to announcements: {Why} Until it works, readers get new notifications from the log, some seconds late; this node "
        + "goes on trying.")]
    private partial void CannotListen(string why);

    [LoggerMessage(BackplaneEventIds.LinkLost, LogLevel.Warning,
        "The connection for announcements to {Server} was lost: {Why}. Another one is opened; until then readers read the log.")]
    private partial void LinkLost(string server, string why);

    [LoggerMessage(BackplaneEventIds.LinkDeaf, LogLevel.Warning,
        "The connection for announcements to {Server} looks healthy and carries nothing: a beacon or an answer did not return within "
        + "{Limit}. It is replaced.")]
    private partial void LinkDeaf(string server, TimeSpan? limit);

    [LoggerMessage(BackplaneEventIds.Missed, LogLevel.Debug,
        "Announcements of {Topics} topics had not arrived; their readers read the log.")]
    private partial void Missed(int topics);

    [LoggerMessage(BackplaneEventIds.ForeignMessage, LogLevel.Warning,
        "A message on {Channel} was not an announcement of this server: it lacks the secret in {RedisKey}. A node of an older "
        + "version, or another program? Its content was ignored and the log was asked.")]
    private partial void ForeignMessage(string channel, string redisKey);

    [LoggerMessage(BackplaneEventIds.NoLongerMaster, LogLevel.Information,
        "{Server} is no longer a connected master. The connection for announcements moves to another server.")]
    private partial void NoLongerMaster(string server);
}
