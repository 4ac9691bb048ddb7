using Realtime.Server.Notifications;
using Realtime.Server.Redis;

namespace Realtime.Server.Backplane.Redis;

/// <summary>
/// Compares what was announced with the heads in the log. Nothing else reveals that the last announcement of a topic was lost: it has no
/// successor that would show the hole.
/// </summary>
internal sealed class HeadComparison(RedisConnection redis, TimeProvider time)
{
    /// <summary>Tells those listeners that have missed something.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="RedisUnavailableException">Some could not be compared.</exception>
    public async Task<int> RunAsync(IReadOnlyList<HeardTopic> topics, CancellationToken cancel)
    {
        var behind = await BehindAsync(topics);
        if (behind.Count == 0) return 0;
        // Perhaps it is on its way.
        await Task.Delay(BackplaneLimits.UnderWay, time, cancel);
        return behind.Count(one => one.Topic.Missed(one.Known, one.Head));
    }

    private async Task<List<(HeardTopic Topic, Position? Known, Position Head)>> BehindAsync(IReadOnlyList<HeardTopic> topics)
    {
        var known = topics.Select(topic => topic.Known).ToArray();
        // One first: while Redis is away a single refusal will do.
        var first = await HeadAsync(topics[0]);
        Position[] heads = [first, .. await Task.WhenAll(topics.Skip(1).Select(HeadAsync))];
        var behind = new List<(HeardTopic, Position?, Position)>();
        for (var i = 0; i < heads.Length; i++)
            if (heads[i] != (known[i] ?? Position.Start)) behind.Add((topics[i], known[i], heads[i]));
        return behind;
    }

    private async Task<Position> HeadAsync(HeardTopic topic)
    {
        var key = RedisKeys.Head(topic.Topic);
        var text = await redis.AskAsync(key, database => database.StringGetAsync(key));
        // Whatever else stands there: the reader asks the log, which knows what to make of it.
        return !text.IsNull && PositionText.TryParse((byte[])text!, out var head) ? head : Position.Start;
    }
}
