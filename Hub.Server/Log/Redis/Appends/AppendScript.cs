using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Realtime.Server.Node;
using Realtime.Server.Redis;
using StackExchange.Redis;

namespace Realtime.Server.Log.Redis.Appends;

/// <summary>The arguments of append.lua, and the meaning of its results.</summary>
internal sealed class AppendScript(RedisConnection redis, RetentionOptions retention, ForeignData foreign, HubCounters counters)
{
    private const int ValuesInFront = 6;
    private const int ValuesPerAppend = 2;   // body, channel

    public static readonly RedisScript Script = RedisScript.Load("append.lua");

    private static readonly RedisValue Apart = "apart"u8.ToArray();
    private static readonly RedisValue Once = Text((long)RedisLogLimits.Once.TotalMilliseconds);

    private readonly RedisValue _count = Text(retention.Count);
    private readonly RedisValue _age = Text((long)retention.Age.TotalMilliseconds);

    /// <summary>
    /// How long a topic keeps the record that it has a notification. Redis expires keys by its own clock: if that clock is corrected, no
    /// key may expire early.
    /// </summary>
    public TimeSpan Lifetime => RedisLogLimits.Once + TimeSpan.FromMilliseconds(Math.Max(0, redis.ClockAhead));

    /// <summary>For one or more appends whose keys are on one server.</summary>
    public (RedisKey[] Keys, RedisValue[] Values) Write(List<TopicAppend> group)
    {
        var keyed = group.Count(static append => append.Publish.Once is not null);
        var keys = new RedisKey[(2 * group.Count) + keyed];
        var values = new RedisValue[ValuesInFront + (ValuesPerAppend * group.Count)];
        var flags = keyed == 0 && !redis.IsCluster ? [] : new byte[group.Count];
        Begin(values, flags);
        for (int i = 0, key = 0; i < group.Count; i++)
        {
            var (publish, topic) = (group[i].Publish, group[i].Topic);
            keys[key++] = redis.Keys.Log(topic);
            keys[key++] = redis.Keys.Head(topic);
            if (flags.Length > 0) flags[i] = (byte)('0' + (publish.Once is null ? 0 : 1) + (redis.IsCluster ? 2 : 0));
            if (publish.Once is not null) keys[key++] = redis.Keys.Once(topic, publish.Once);
            values[ValuesInFront + (ValuesPerAppend * i)] = publish.Body;
            values[ValuesInFront + (ValuesPerAppend * i) + 1] = redis.Channels.AnnouncementsName(topic);
        }
        return (keys, values);
    }

    /// <summary>For one append to a stream whose head, or whose idempotency record, may be on another server of a cluster.</summary>
    /// <param name="head">The content of the head; null if it is empty.</param>
    /// <param name="begun">With an idempotency key: the position after which an earlier try may have stored it.</param>
    public (RedisKey[] Keys, RedisValue[] Values) WriteApart(TopicAppend append, RedisValue head, RedisValue begun)
    {
        var (publish, topic) = (append.Publish, append.Topic);
        var values = new RedisValue[ValuesInFront + ValuesPerAppend + 4];
        Begin(values, Apart);
        values[ValuesInFront] = publish.Body;
        values[ValuesInFront + 1] = redis.Channels.AnnouncementsName(topic);
        values[ValuesInFront + 2] = (byte[])redis.Keys.Head(topic)!;
        values[ValuesInFront + 3] = head.IsNull ? RedisValue.EmptyString : head;
        values[ValuesInFront + 4] = publish.Once is null
            ? RedisValue.EmptyString
            : (RedisValue)(byte[])redis.Keys.Once(topic, publish.Once)!;
        values[ValuesInFront + 5] = begun.IsNull ? RedisValue.EmptyString : begun;
        return ([redis.Keys.Log(topic)], values);
    }

    /// <summary>A call has been answered. (One that is repeated, because the server had lost the script, counts once.)</summary>
    public void CountCall(int appends) => counters.Histograms.Batch(appends);

    /// <summary>Passes on the script's result for one append.</summary>
    /// <returns>True if the publish now has all its results.</returns>
    public bool Answered(TopicAppend append, ReadOnlySpan<byte> line)
    {
        var mended = line.StartsWith("!"u8);
        if (Utf8Parser.TryParse(mended ? line[1..] : line, out long sequence, out var length) && sequence > 0
            && length == line.Length - (mended ? 1 : 0))
        {
            if (mended) foreign.WasMended(append.Topic);
            counters.CountAppended(1);
            return append.Publish.Stored(append.Index, sequence);
        }
        var why = line.IsEmpty || line[0] != '-' ? "The answer is not that of our script." : Encoding.UTF8.GetString(line[1..]);
        return append.Publish.Failed(1, redis.Refusal(redis.Keys.Log(append.Topic), why));
    }

    private void Begin(RedisValue[] values, RedisValue flags) =>
        (values[0], values[1], values[2], values[3], values[4], values[5]) = (_count, _age, Once, flags, redis.Secret, redis.ClockAhead);

    private static RedisValue Text(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
}
