using Realtime.Server.Notifications;
using Realtime.Server.Redis;
using Realtime.Server.Redis.Data;
using StackExchange.Redis;

namespace Realtime.Server.Log.Redis;

/// <summary>Reads of one topic: read.lua.</summary>
internal sealed class TopicPages(RedisConnection redis, RetentionOptions retention, Erasure erasure, ForeignData foreign, TimeProvider time)
    : IDisposable
{
    private const int PartsInFront = 4;      // head, start, gap, 1 if foreign data was found
    private const int PartsPerEntry = 3;     // id, previous stamp, body

    private static readonly RedisScript Script = RedisScript.Load("read.lua");

    private readonly RedisValue _age = (long)retention.Age.TotalMilliseconds;
    private readonly RedisValue _count = retention.Count;
    private readonly SemaphoreSlim _room = new(RedisLogLimits.ReadsInFlight, RedisLogLimits.ReadsInFlight);

    /// <summary>See <see cref="INotificationLog.ReadAsync"/>.</summary>
    public async Task<LogPage> ReadAsync(Topic topic, Position? after, PageLimit limit, CancellationToken cancel)
    {
        var deadline = new Deadline(RedisLimits.Call, time);
        if (!await _room.WaitAsync(deadline.Left, cancel)) throw new LogUnavailableException("Too many reads wait for Redis.");
        try
        {
            var page = await PageAfterAsync(topic, after, limit, deadline);
            return page.Gap is GapReason.Reset && after is { } own && await erasure.ExplainsAsync(topic, own, page, deadline)
                ? page with { Gap = GapReason.Expired }
                : page;
        }
        finally
        {
            _room.Release();
        }
    }

    public void Dispose() => _room.Dispose();

    private async Task<LogPage> PageAfterAsync(Topic topic, Position? after, PageLimit limit, Deadline deadline)
    {
        var reading = PageAsync(topic, after, limit, deadline);
        if (after is not { Tag: not 0 } own) return await reading;
        var isAnother = IsAnotherAsync(topic, own, deadline);
        var page = await reading;
        // No entry has this stamp at this sequence. So the script reports that the reader's entry was lost, which is true.
        return await isAnother ? await PageAsync(topic, own with { Stamp = own.Stamp + 1 }, limit, deadline) : page;
    }

    private async Task<LogPage> PageAsync(Topic topic, Position? after, PageLimit limit, Deadline deadline)
    {
        RedisKey[] keys = [redis.Keys.Log(topic), redis.Keys.Head(topic)];
        RedisValue[] values = [after?.Stamp ?? RedisValue.EmptyString, after?.Sequence ?? 0, limit.Count, limit.Bytes, _age, _count];
        RedisResult? answer;
        try
        {
            answer = await redis.RunAsync(Script, keys, values, ScriptForm.AsNeeded, deadline.Left, static () => { });
        }
        catch (RedisUnavailableException why) when (why.IsOfMovingSlot)
        {
            // The two keys may be on different servers of a cluster. Read the head first: later appends are not part of this view.
            var head = await redis.AskAsync(
                keys[1], database => database.StringGetAsync(keys[1], CommandFlags.DemandMaster), deadline.Left);
            values = [.. values, head.IsNull ? RedisValue.EmptyString : head];
            answer = await redis.AskAsync(keys[0], database => Script.RunAsync(database, [keys[0]], values), deadline.Left);
        }
        return ToPage((RedisResult[])answer!, keys[0], isFromOldest: after is null);
    }

    /// <summary>
    /// True if the entry with a reader's sequence and stamp is not the one that the reader had. False if the entry is not retained.
    /// </summary>
    private async Task<bool> IsAnotherAsync(Topic topic, Position own, Deadline deadline)
    {
        var (key, id) = (redis.Keys.Log(topic), PositionText.Format(own));
        var entries = await redis.AskAsync(key, database => database.StreamRangeAsync(key, id, id, count: 1), deadline.Left);
        return entries is [var entry] && NotificationTag.Of((byte[]?)entry["b"]) is var tag and not 0 && tag != own.Tag;
    }

    private LogPage ToPage(RedisResult[] answer, RedisKey key, bool isFromOldest)
    {
        if (!PositionText.TryParse((byte[])answer[0]!, out var head) || !PositionText.TryParse((byte[])answer[1]!, out var start))
        {
            foreign.WasIgnored(key);
            throw new LogUnavailableException("What stands at the head of the topic cannot be a position of ours.");
        }
        if ((long)answer[3] != 0) foreign.WasIgnored(key);
        GapReason? gap = (string)answer[2]! switch { "expired" => GapReason.Expired, "reset" => GapReason.Reset, _ => null };
        var items = new List<Notification>((answer.Length - PartsInFront) / PartsPerEntry);
        for (var i = PartsInFront; i < answer.Length; i += PartsPerEntry)
        {
            if (Parse((byte[])answer[i]!, (byte[])answer[i + 1]!, (byte[])answer[i + 2]!) is { } item
                && item.Follows(items.Count > 0 ? items[^1].Position : start))
            {
                items.Add(item);
                continue;
            }
            // The entry is in the chain, but its body is not valid. The entries before it form a page of their own. A reader that continues
            // after it gets a reset.
            foreign.WasIgnored(key);
            if (items.Count > 0 || !PositionText.TryParse((byte[])answer[i]!, out var bad)) break;
            (start, gap) = (bad, isFromOldest ? null : GapReason.Reset);
        }
        return new LogPage(start, gap, items, head);
    }

    private static Notification? Parse(byte[] id, ReadOnlySpan<byte> previous, byte[] body) =>
        PositionText.TryParse(id, out var position) && PositionText.TryReadNumber(ref previous, out var stamp) && previous.IsEmpty
            ? EntryCheck.Make(position, stamp, body)
            : null;
}
