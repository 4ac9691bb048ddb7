using Realtime.Server.Redis;
using Realtime.Server.Redis.Data;
using StackExchange.Redis;

namespace Realtime.Server.Log.Redis.Appends;

/// <summary>
/// Appends to a topic whose slot moves to another server of a cluster. Its keys move one by one, so the head, the stream and the
/// idempotency record may be on different servers, and no script sees them together. Redis redirects each command for a single key to the
/// server that has the key, so each key has its own command.
/// </summary>
/// <remarks>
/// This is also correct on a slot that does not move, and with concurrent appends of other nodes, because the stream decides. Its newest
/// entry counts even if the head has not been set, and it is searched for an earlier attempt with the same idempotency key.
/// </remarks>
internal sealed class MovingSlotAppends(RedisConnection redis, AppendScript script)
{
    private const byte Begun = (byte)'?';   // see append.lua

    private static readonly RedisScript SetHead = RedisScript.Load("head.lua");

    /// <returns>The line of the append, as append.lua returns it.</returns>
    /// <param name="left">How long a call may take now.</param>
    /// <exception cref="RedisUnavailableException">The notification may have been stored.</exception>
    public async Task<byte[]> AppendAsync(TopicAppend append, Func<TimeSpan> left)
    {
        var (topic, once) = (append.Topic, append.Publish.Once is { } id ? redis.Keys.Once(append.Topic, id) : default);
        while (true)
        {
            // 1. Read the head, wherever it is.
            var head = await redis.AskAsync(
                redis.Keys.Head(topic), database => database.StringGetAsync(redis.Keys.Head(topic), CommandFlags.DemandMaster), left());

            // 2. With an idempotency key: first record the position after which to look for the notification, in case this append is
            // interrupted and repeated.
            var begun = RedisValue.Null;
            if (append.Publish.Once is not null)
            {
                var kept = (byte[]?)await BeginAsync(once, head, left());
                if (kept is { Length: > 0 } && kept[0] != Begun) return kept;
                begun = kept?[1..] ?? PositionOf(head);
            }

            // 3. Append to the stream, and set the other keys that are on its server.
            var (keys, values) = script.WriteApart(append, head, begun);
            RedisResult[] answer;
            try
            {
                answer = (RedisResult[])(await redis.RunAsync(
                    AppendScript.Script, keys, values, ScriptForm.AsNeeded, left(), static () => { }))!;
            }
            catch (RedisUnavailableException why) when (why.IsOfMovingSlot && left() > RedisLimits.LeastTime)
            {
                continue;
            }

            // 4. Set the head, if it was not there.
            var line = (byte[])answer[0]!;
            if (line[0] == '-') return line;
            if ((int)answer[2] == 0) await SetHeadAsync(append, answer[1], (byte[])answer[3]!, left());

            // 5. Set the record. If this fails, the begun append is found in the stream.
            if (append.Publish.Once is not null) _ = EndAsync(once, line, left());
            return line;
        }
    }

    private static RedisValue PositionOf(RedisValue head) => !head.IsNull && PositionText.TryParse((byte[])head!, out _) ? head : "0-0";

    private Task<RedisValue> BeginAsync(RedisKey once, RedisValue head, TimeSpan left) => redis.AskAsync(
        once, database => database.StringSetAndGetAsync(
            once, $"{(char)Begun}{PositionOf(head)}", script.Lifetime, keepTtl: false, When.NotExists), left);

    private async Task SetHeadAsync(TopicAppend append, RedisResult position, byte[] front, TimeSpan left)
    {
        RedisKey head = redis.Keys.Head(append.Topic);
        byte[] announcement = front.Length == 0 ? [] : [.. front, .. append.Publish.Body];
        RedisValue[] values = [(RedisValue)position, redis.Channels.AnnouncementsName(append.Topic), announcement];
        await redis.AskAsync(head, database => SetHead.RunAsync(database, [head], values), left);
    }

    private async Task EndAsync(RedisKey once, byte[] line, TimeSpan left)
    {
        try
        {
            RedisValue sequence = line[0] == '!' ? line[1..] : line;
            await redis.AskAsync(once, database => database.StringSetAsync(once, sequence, script.Lifetime), left);
        }
        catch (RedisUnavailableException) { /* see above */ }
    }
}
