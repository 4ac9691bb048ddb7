using Realtime.Server.Log.Redis.Appends;
using Realtime.Server.Node;
using Realtime.Server.Notifications;
using Realtime.Server.Redis;

namespace Realtime.Server.Log.Redis;

/// <summary>
/// The log for several nodes: Redis Streams, one for each topic, appended to by one script. Redis's clock sets the stamps, and its scripts
/// are the only writers.
/// </summary>
/// <remarks>
/// An append completes when Redis has executed it. Its durability is that of Redis's <c>appendfsync</c>. An append takes one round trip, or
/// two with an idempotency key, shared with other waiting appends (<see cref="GroupedCalls{TItem}"/>). An acknowledgement takes two or
/// three, everything else one.
/// </remarks>
internal sealed class RedisLog : INotificationLog, IErasure, IMeasuredStore, IDisposable
{
    private const string NotConfirmed = "Not confirmed in time: it may have been stored. Repeat with the same key.";
    private const string NotErased = "Not confirmed in time: a part may be erased. Repeat it.";
    private const string Unreadable = "Redis cannot be read now.";

    private readonly RedisConnection _redis;
    private readonly SendOrder _order = new();
    private readonly TopicAppender _appender;
    private readonly KeyRecords _claims;
    private readonly TopicPages _pages;
    private readonly AcknowledgedPositions _acknowledged;
    private readonly Erasure _erasure;
    private readonly TimeProvider _time;

    public RedisLog(RedisConnection redis, RetentionOptions retention, HubCounters counters, TimeProvider time, ILogger<RedisLog> logger)
    {
        var foreign = new ForeignData(redis.Keys, time, logger);
        (_redis, _time) = (redis, time);
        _appender = new(redis, retention, foreign, counters, _time);
        _claims = new(redis, foreign, _time);
        _erasure = new(redis, retention, _time);
        _pages = new(redis, retention, _erasure, foreign, _time);
        _acknowledged = new(redis, _pages, foreign);
    }

    /// <summary>See <see cref="RedisLogLimits.AppendsInFlight"/>.</summary>
    public int AppendsInFlight => _appender.InFlight;

    int IMeasuredStore.WaitingWrites => AppendsInFlight;

    long? IMeasuredStore.WriteAheadLogBytes => null;

    public async Task<AppendOutcome> AppendAsync(Draft draft, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var deadline = new Deadline(RedisLimits.Call, _time);
        // A node that cannot read the trace in the key's record would complete the publish without it, which stores other bytes.
        if (draft.Key is not null && !_redis.MayKeepTraces) draft = draft with { Body = TraceMember.Replace(draft.Body, null) };
        _appender.Reserve(draft.Topics.Count);
        var reserved = draft.Topics.Count;
        var turn = _order.Take(draft.Topics, mayBeFree: draft.Key is null);
        try
        {
            // 1. With an idempotency key: find the record of its first publish.
            var (claim, isNew) = draft.Key is null ? (null, true) : await _claims.FindOrAddAsync(draft, turn, deadline);
            if (claim is not null && !claim.IsFor(draft.Key!)) return new AppendOutcome.KeyReused();
            var body = isNew ? draft.Body : claim!.Restore(draft.Body);

            // 2. Wait for all appends that began before in one of the topics.
            if (turn is not null) await turn.ReadyAsync().WaitAsync(deadline.Left, _time, CancellationToken.None);

            // 3. Append to all topics. The place in each topic is taken before the first await.
            reserved = 0;
            var appending = _appender.AppendAsync(draft.Topics, body, claim?.Notification, deadline);
            turn?.Dispose();
            return new AppendOutcome.Stored(claim?.Notification ?? draft.Id, !isNew, await appending);
        }
        catch (Exception failed) when (failed is RedisUnavailableException or TimeoutException)
        {
            throw new LogUnavailableException(NotConfirmed, failed);
        }
        finally
        {
            turn?.Dispose();
            _appender.GiveBack(reserved);
        }
    }

    public ValueTask<LogPage> ReadAsync(Topic topic, Position? after, PageLimit limit, CancellationToken cancel) =>
        new(Bounded(_pages.ReadAsync(topic, after, limit, cancel), Unreadable));

    public async ValueTask<IReadOnlyDictionary<Topic, Position>> ReadAcknowledgedAsync(string user, CancellationToken cancel) =>
        await Bounded(_acknowledged.ReadAsync(user), Unreadable).WaitAsync(cancel);

    public Task<bool> AcknowledgeAsync(string user, IReadOnlyDictionary<Topic, Position> positions, CancellationToken cancel) =>
        Bounded(_acknowledged.MoveAsync(user, positions, cancel), NotConfirmed);

    public Task<Erased> EraseAsync(string user) => Bounded(_erasure.EraseAsync(user), NotErased);

    public void Dispose() => _pages.Dispose();

    private async Task<T> Bounded<T>(Task<T> procedure, string otherwise)
    {
        try
        {
            return await procedure.WaitAsync(RedisLimits.Call, _time);
        }
        catch (Exception failed) when (failed is RedisUnavailableException or TimeoutException)
        {
            throw new LogUnavailableException(otherwise, failed);
        }
    }
}
