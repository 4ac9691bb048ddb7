using Realtime.Server.Notifications;
using Realtime.Server.Redis;
using Realtime.Server.Redis.Data;

namespace Realtime.Server.Backplane.Redis;

/// <summary>
/// Compares the announcements with the heads in the log. Nothing else reveals that the last announcement of a topic was lost: no later one
/// shows the gap.
/// </summary>
internal sealed class HeadComparison(RedisConnection redis, TimeProvider time)
{
    /// <summary>Notifies the listeners of topics whose announcements were lost.</summary>
    /// <returns>Their number.</returns>
    /// <exception cref="RedisUnavailableException">No topic could be compared.</exception>
    public async Task<int> RunAsync(IReadOnlyList<AnnouncedTopic> topics, CancellationToken cancel)
    {
        var behind = await BehindAsync(topics);
        if (behind.Count == 0) return 0;
        // The announcement may still be under way.
        await Task.Delay(BackplaneLimits.UnderWay, time, cancel);
        return behind.Count(one => one.Topic.Missed(one.Known, one.Head));
    }

    /// <summary>
    /// Compares one topic at once. All requests during a comparison share the next one, so at most one per topic runs at a time.
    /// </summary>
    public async Task CheckAsync(AnnouncedTopic topic)
    {
        if (!topic.BeginCheck()) return;
        int seen;
        do
        {
            seen = topic.Checks;
            try
            {
                var known = topic.Known;
                if (await HeadAsync(topic) is var head && head != (known ?? Position.Start)) topic.Missed(known, head);
            }
            catch (RedisUnavailableException) { /* the comparison of all topics goes on */ }
        }
        while (!topic.EndCheck(seen));
    }

    private async Task<List<(AnnouncedTopic Topic, Position? Known, Position Head)>> BehindAsync(IReadOnlyList<AnnouncedTopic> topics)
    {
        var known = topics.Select(topic => topic.Known).ToArray();
        // Read one head first, so that a single call fails while Redis is unavailable, instead of all. In a cluster, the others may be on
        // servers that work.
        var first = redis.IsCluster ? await TryHeadAsync(topics[0]) : await HeadAsync(topics[0]);
        Position?[] heads = [first, .. await Task.WhenAll(topics.Skip(1).Select(TryHeadAsync))];
        var behind = new List<(AnnouncedTopic, Position?, Position)>();
        for (var i = 0; i < heads.Length; i++)
            if (heads[i] is { } head && head != (known[i] ?? Position.Start)) behind.Add((topics[i], known[i], head));
        return behind;
    }

    /// <returns>Null if the head cannot be read now.</returns>
    private async Task<Position?> TryHeadAsync(AnnouncedTopic topic)
    {
        try
        {
            return await HeadAsync(topic);
        }
        catch (RedisUnavailableException)
        {
            return null;
        }
    }

    private async Task<Position> HeadAsync(AnnouncedTopic topic)
    {
        var key = redis.Keys.Head(topic.Topic);
        var text = await redis.AskAsync(key, database => database.StringGetAsync(key));
        // Treat any other value as the start: the log itself reports an invalid value to readers.
        return !text.IsNull && PositionText.TryParse((byte[])text!, out var head) ? head : Position.Start;
    }
}
