using System.Runtime.InteropServices;
using Realtime.Server.Notifications;
using Realtime.Server.Redis;
using StackExchange.Redis;

namespace Realtime.Server.Log.Redis;

/// <summary>Sends appends: append.lua, once for each topic.</summary>
internal sealed class TopicAppender(RedisConnection redis, RetentionOptions retention, ForeignData foreign)
{
    private static readonly RedisScript Script = RedisScript.Load("append.lua");

    private readonly RedisValue _count = retention.Count;
    private readonly RedisValue _age = (long)retention.Age.TotalMilliseconds;
    private readonly RedisValue _once = (long)RedisLogLimits.Once.TotalMilliseconds;
    private int _inFlight;

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
        var log = RedisKeys.Log(topic);
        RedisKey[] keys = once is null ? [log, RedisKeys.Head(topic)] : [log, RedisKeys.Head(topic), RedisKeys.Once(topic, once)];
        RedisValue[] values = [ToArray(body), (byte[])RedisKeys.News(topic)!, _count, _age, _once];
        var sent = false;
        try
        {
            var answer = await redis.AskAsync(log, database =>
            {
                sent = true;
                return CountAsync(Script.RunAsync(database, keys, values));
            }, limit);
            return Read(answer, topic);
        }
        finally
        {
            // Refused without being sent: then nobody else gives its place back.
            if (!sent) GiveBack(1);
        }
    }

    private long Read(RedisResult answer, Topic topic)
    {
        var numbers = (RedisResult[])answer;
        if ((int)numbers[2] != 0) foreign.WasMended(topic);
        return (long)numbers[0];
    }

    // Until it is answered, however late: what has run out still waits in the client library's queue.
    private async Task<RedisResult> CountAsync(Task<RedisResult> answer)
    {
        try
        {
            return await answer;
        }
        finally
        {
            GiveBack(1);
        }
    }

    private static byte[] ToArray(ReadOnlyMemory<byte> body) =>
        MemoryMarshal.TryGetArray(body, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length ? segment.Array : body.ToArray();
}
