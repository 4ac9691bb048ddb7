using Realtime.Server.Node;
using Realtime.Server.Notifications;
using Realtime.Server.Redis;

namespace Realtime.Server.Log.Redis.Appends;

/// <summary>Sends appends, and limits how many are in flight.</summary>
internal sealed class TopicAppender
{
    private readonly RedisConnection _redis;
    private readonly AppendGroups _groups;
    private readonly ClusterAppends _cluster;
    private readonly HubCounters _counters;
    private readonly TimeProvider _time;
    private int _inFlight;

    public TopicAppender(RedisConnection redis, RetentionOptions retention, ForeignData foreign, HubCounters counters, TimeProvider time)
    {
        var script = new AppendScript(redis, retention, foreign, counters);
        (_redis, _counters, _time) = (redis, counters, time);
        _groups = new(redis, script, GiveBack);
        _cluster = new(redis, script, GiveBack, time);
    }

    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Reserves room for a publish. The caller must use it with <see cref="AppendAsync"/>, or give it back.</summary>
    /// <exception cref="LogUnavailableException">There is no room: too many appends wait for Redis already.</exception>
    public void Reserve(int appends)
    {
        if (Interlocked.Add(ref _inFlight, appends) <= RedisLogLimits.AppendsInFlight) return;
        GiveBack(appends);
        _counters.Refused.Add(RefusingLimit.WaitingWrites);
        throw new LogUnavailableException($"{RedisLogLimits.AppendsInFlight} appends wait for Redis already. Nothing was stored.");
    }

    public void GiveBack(int appends) => Interlocked.Add(ref _inFlight, -appends);

    /// <summary>Takes its place in all topics before it returns, and waits for the results.</summary>
    /// <param name="once">The notification's id, if it has an idempotency key.</param>
    /// <returns>The sequences of the notification in its topics, from now or from an earlier attempt.</returns>
    public Task<long[]> AppendAsync(IReadOnlyList<Topic> topics, ReadOnlyMemory<byte> body, string? once, Deadline deadline)
    {
        var publish = new PendingAppend(topics, body, once, deadline);
        if (_redis.IsCluster) _cluster.Append(publish);
        else _groups.Append(publish);
        // A publish that needs several turns may wait for other publishes' slow calls in between.
        return publish.IsWide ? publish.Task.WaitAsync(deadline.Left, _time, CancellationToken.None) : publish.Task;
    }
}
