using Realtime.Server.Notifications;
using Realtime.Server.Redis;
using Realtime.Server.Redis.Data;
using StackExchange.Redis;

namespace Realtime.Server.Log.Redis;

/// <summary>Erases what Redis keeps of a user.</summary>
/// <remarks>
/// Each command has one key and may be repeated, so it works while a slot of a cluster moves, and needs no script: ids only grow, so what
/// is appended meanwhile stays. The mark comes first: a reader that finds its entries gone finds out that they were erased, not lost. Nodes
/// of earlier versions do not read it, and their readers get a reset.
/// </remarks>
internal sealed class Erasure(RedisConnection redis, RetentionOptions retention, TimeProvider time)
{
    /// <summary>Later than retention removes the last entry before it. From then on, age alone says that a position has expired.</summary>
    private static readonly TimeSpan MarkedBeyondAge = TimeSpan.FromHours(1);

    public async Task<Erased> EraseAsync(string user)
    {
        var topic = Topic.User(user);
        var (deadline, log, acknowledged) = (new Deadline(RedisLimits.Call, time), redis.Keys.Log(topic), redis.Keys.Acknowledged(user));
        var (head, entries) = (await HeadAsync(topic, deadline), 0L);
        if (head != Position.Start)
        {
            // By the server's clock: if that is corrected, the mark must not end early.
            var life = retention.Age + MarkedBeyondAge + TimeSpan.FromMilliseconds(Math.Max(0, redis.ClockAhead));
            var mark = redis.Keys.Erased(topic);
            await redis.AskAsync(mark, database => database.StringSetAsync(mark, PositionText.Format(head), life), deadline.Left);
            var next = PositionText.Format(head with { Sequence = head.Sequence + 1 });
            entries = (long)await redis.AskAsync(log, database => database.ExecuteAsync("XTRIM", log, "MINID", next), deadline.Left);
        }
        await redis.AskAsync(acknowledged, database => database.KeyDeleteAsync(acknowledged), deadline.Left);
        return new(entries, head, ["Redis's append-only file until it is rewritten, its snapshots, and backups of them."]);
    }

    /// <summary>Whether an operator has erased what a reader lacks, rather than Redis has lost it.</summary>
    /// <param name="page">What the log says to this reader.</param>
    public async Task<bool> ExplainsAsync(Topic topic, Position own, LogPage page, Deadline deadline)
    {
        if (page.Start.Sequence < own.Sequence) return false;   // the log was rewound
        var key = redis.Keys.Erased(topic);
        var mark = await redis.AskAsync(key, database => database.StringGetAsync(key, CommandFlags.DemandMaster), deadline.Left);
        return PositionText.TryParse((byte[]?)mark ?? [], out var upTo)
            && own.Sequence < upTo.Sequence && own.Stamp <= upTo.Stamp && page.Start.Sequence >= upTo.Sequence;
    }

    // While a slot moves, the head may be older than the newest entry.
    private async Task<Position> HeadAsync(Topic topic, Deadline deadline)
    {
        var (log, head) = (redis.Keys.Log(topic), redis.Keys.Head(topic));
        var kept = await redis.AskAsync(head, database => database.StringGetAsync(head, CommandFlags.DemandMaster), deadline.Left);
        var newest = await redis.AskAsync(
            log, database => database.StreamRangeAsync(log, count: 1, messageOrder: Order.Descending, flags: CommandFlags.DemandMaster),
            deadline.Left);
        var known = PositionText.TryParse((byte[]?)kept ?? [], out var at) ? at : Position.Start;
        return newest is [var entry] && PositionText.TryParse((byte[]?)entry.Id ?? [], out var last) && last.Sequence > known.Sequence
            ? last
            : known;
    }
}
