using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Realtime.Server.Notifications;
using Realtime.Server.Redis;
using StackExchange.Redis;

namespace Realtime.Server.Log.Redis;

/// <summary>Sends appends: append.lua, once for each topic.</summary>
internal sealed class TopicAppender
{
    private static readonly RedisScript Script = RedisScript.Load("append.lua");

    private readonly RedisConnection _redis;
    private readonly ForeignData _foreign;
    private readonly RedisValue _count;
    private readonly RedisValue _age;
    private readonly RedisValue _once;
    private readonly Action _giveBackOne;
    private int _inFlight;

    public TopicAppender(RedisConnection redis, RetentionOptions retention, ForeignData foreign)
    {
        (_redis, _foreign) = (redis, foreign);
        _count = Text(retention.Count);
        _age = Text((long)retention.Age.TotalMilliseconds);
        _once = Text((long)RedisLogLimits.Once.TotalMilliseconds);
        _giveBackOne = () => GiveBack(1);
    }

    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Reserves room for a publish; to be used up by as many <see cref="AppendAsync"/>, or given back.</summary>
    /// <exception cref="LogUnavailableException">There is none: too much waits for Redis already.</exception>
    public void Reserve(int appends)
    {
        if (Interlocked.Add(ref _inFlight, appends) <= RedisLogLimits.AppendsInFlight) return;
        GiveBack(appends);
        throw new LogUnavailableException($"{RedisLogLimits.AppendsInFlight} appends wait for Redis already. Nothing was stored.");
    }

    public void GiveBack(int appends) => Interlocked.Add(ref _inFlight, -appends);

    /// <summary>Sends one append before it returns, and waits for the answer.</summary>
    /// <param name="once">The notification's id, if it has an idempotency key.</param>
    /// <returns>The sequence that the notification has in the topic, now or from an earlier try.</returns>
    public async Task<long> AppendAsync(Topic topic, ReadOnlyMemory<byte> body, string? once, TimeSpan limit)
    {
        var (log, head) = (RedisKeys.Log(topic), RedisKeys.Head(topic));
        RedisKey[] keys = once is null ? [log, head] : [log, head, RedisKeys.Once(topic, once)];
        RedisValue[] values = [ToArray(body), (byte[])RedisKeys.News(topic)!, _count, _age, _once];
        var answer = await _redis.RunAsync(Script, keys, values, limit, _giveBackOne);
        if (answer.Third != 0) _foreign.WasMended(topic);
        return answer.First;
    }

    private static RedisValue Text(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    private static byte[] ToArray(ReadOnlyMemory<byte> body) =>
        MemoryMarshal.TryGetArray(body, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length ? segment.Array : body.ToArray();
}
