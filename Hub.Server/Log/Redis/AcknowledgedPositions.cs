using Realtime.Server.Notifications;
using Realtime.Server.Redis;
using Realtime.Server.Redis.Data;
using StackExchange.Redis;

namespace Realtime.Server.Log.Redis;

/// <summary>Per user, the position in each topic up to which the user has acknowledged everything.</summary>
/// <remarks>
/// A user's positions are in one slot and the topics in others, so no script can read both. The log is read first, topic by topic. Then
/// acknowledge.lua moves all positions. It moves none if another caller has meanwhile moved one to or beyond its new position, because the
/// log was not checked for that one.
/// </remarks>
internal sealed class AcknowledgedPositions(RedisConnection redis, TopicPages pages, ForeignData foreign)
{
    private static readonly RedisScript Script = RedisScript.Load("acknowledge.lua");
    private static readonly PageLimit Nothing = new(0, 0);

    public async Task<Dictionary<Topic, Position>> ReadAsync(string user)
    {
        var key = redis.Keys.Acknowledged(user);
        var fields = await redis.AskAsync(key, database => database.HashGetAllAsync(key));
        var positions = new Dictionary<Topic, Position>(fields.Length);
        foreach (var field in fields)
        {
            if (Topic.TryParse(field.Name, out var topic) && PositionText.TryParse((byte[])field.Value!, out var position))
                positions[topic.Value] = position;
            else foreign.WasIgnored(key);
        }
        return positions;
    }

    /// <summary>See <see cref="INotificationLog.AcknowledgeAsync"/>.</summary>
    public async Task<bool> MoveAsync(string user, IReadOnlyDictionary<Topic, Position> positions, CancellationToken cancel)
    {
        for (var tries = 0; tries < RedisLogLimits.AcknowledgeTries; tries++)
        {
            // 1. Read the kept positions, and check that the log has the new ones.
            var reading = ReadAsync(user);
            var known = await AllKnownAsync(positions, cancel);
            var kept = await reading;
            if (!known) return false;

            // 2. A kept position at or beyond the new one counts only if the log still has it.
            var lost = await LostAsync(kept, positions, cancel);

            // 3. Move all or nothing.
            if (await MoveAsync(user, positions, kept, lost)) return true;
        }
        throw new LogUnavailableException("The user's other devices acknowledge all the time. Repeating is harmless.");
    }

    private async Task<bool> AllKnownAsync(IEnumerable<KeyValuePair<Topic, Position>> positions, CancellationToken cancel)
    {
        var answers = await Task.WhenAll(positions.Select(one => KnowsAsync(one.Key, one.Value, cancel)));
        return answers.All(known => known);
    }

    private async Task<HashSet<Topic>> LostAsync(
        Dictionary<Topic, Position> kept, IReadOnlyDictionary<Topic, Position> positions, CancellationToken cancel)
    {
        var doubtful = kept.Where(one => positions.TryGetValue(one.Key, out var to) && !to.Is(one.Value)
            && to.Sequence <= one.Value.Sequence).ToList();
        if (doubtful.Count == 0) return [];
        var known = await Task.WhenAll(doubtful.Select(one => KnowsAsync(one.Key, one.Value, cancel)));
        return [.. doubtful.Where((_, i) => !known[i]).Select(one => one.Key)];
    }

    private async Task<bool> KnowsAsync(Topic topic, Position position, CancellationToken cancel)
    {
        var page = await pages.ReadAsync(topic, position, Nothing, cancel);
        return page.Gap is not GapReason.Reset;
    }

    private async Task<bool> MoveAsync(
        string user, IReadOnlyDictionary<Topic, Position> positions, Dictionary<Topic, Position> kept, HashSet<Topic> lost)
    {
        var key = redis.Keys.Acknowledged(user);
        RedisValue[] values = [.. positions.SelectMany(one => (RedisValue[])[
            one.Key.Text, PositionText.Format(one.Value),
            kept.TryGetValue(one.Key, out var old) ? PositionText.Format(old) : RedisValue.EmptyString, lost.Contains(one.Key) ? 1 : 0])];
        return (int)await redis.AskAsync(key, database => Script.RunAsync(database, [key], values)) == 1;
    }
}
