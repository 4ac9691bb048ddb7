using Realtime.Server.Log.Sqlite.Tables;
using Realtime.Server.Node;
using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite;

/// <summary>Removes expired entries, in steps small enough to hardly delay publishes. Runs inside the writer's transactions.</summary>
/// <remarks>
/// Removes only entries that are in the index. If it reaches an entry that is not, it requests indexing and removes the entry in a later
/// step.
/// </remarks>
internal sealed class Retention(
    Database database, TopicStates topics, TopicIndex index, Indexing indexing, Unindexed unindexed, StoreClock clock,
    RetentionOptions options, TimeProvider time)
{
    /// <summary>The most that one step removes, and the longest it may take: large bodies cost a page visit per 4 KiB.</summary>
    private const int MostRowsPerStep = 256;
    private static readonly TimeSpan LongestStep = TimeSpan.FromMilliseconds(5);

    /// <summary>Rows between two reads of the clock.</summary>
    private const int Chunk = 32;

    private const int KindsOfWork = 4;

    private static readonly string FirstOfTopic =
        $"FROM entries_by_topic WHERE topic = ?1 AND sequence <= ?2 ORDER BY sequence LIMIT {Chunk}";

    private readonly Statement _oldestEntries = database.Prepare(
        $"SELECT id, topic, sequence, stamp FROM entries ORDER BY id LIMIT {Chunk}");
    private readonly Statement _removeEntries = database.Prepare("DELETE FROM entries WHERE id <= ?1");
    private readonly Statement _keepHead = database.Prepare(
        "UPDATE topics SET head_sequence = ?2, head_stamp = ?3 WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM entries_by_topic WHERE topic = "
        + "?1)");
    private readonly Statement _removeFromTopic = database.Prepare(
        $"DELETE FROM entries WHERE id IN (SELECT entry {FirstOfTopic}) RETURNING sequence, stamp");
    private readonly Statement _removeFromIndex = database.Prepare(
        $"DELETE FROM entries_by_topic WHERE topic = ?1 AND sequence IN (SELECT sequence {FirstOfTopic})");
    private readonly Statement _oldestKeys = database.Prepare($"SELECT id, stored_at FROM keys ORDER BY id LIMIT {Chunk}");
    private readonly Statement _removeKeys = database.Prepare("DELETE FROM keys WHERE id <= ?1");
    private readonly Statement _topics = database.Prepare($"SELECT id, name FROM topics WHERE id > ?1 ORDER BY id LIMIT {Chunk}");

    private readonly Queue<TopicState> _over = new();
    private long _sweptTo;
    private bool _swept;
    private uint _turn;
    private int _rowsLeft;
    private long _began;
    private int _expired, _trimmed;   // entries that this step removed

    /// <summary>Queues a topic that has grown beyond its maximum count.</summary>
    public void Watch(TopicState topic)
    {
        if (topic.AwaitsTrim || topic.Head.Sequence - topic.First < options.Count) return;
        topic.AwaitsTrim = true;
        _over.Enqueue(topic);
    }

    /// <summary>After a rollback: the watched entries may never have existed. Everything is scanned again.</summary>
    public void Forget()
    {
        _over.Clear();
        (_sweptTo, _swept) = (0, false);
    }

    /// <summary>Removes one step.</summary>
    /// <param name="now">The transaction's wall clock, Unix milliseconds.</param>
    /// <returns>True if there is more to remove now.</returns>
    public bool Step(long now)
    {
        (_rowsLeft, _began, _expired, _trimmed) = (MostRowsPerStep, time.GetTimestamp(), 0, 0);
        // The kinds of work take turns to be first: a long backlog of one must not hold up the others.
        _turn++;
        var more = false;
        for (var i = 0; i < KindsOfWork; i++)
        {
            more |= ((_turn + i) % KindsOfWork) switch
            {
                0 => ExpireEntries(now - (long)options.Age.TotalMilliseconds),
                1 => ForgetKeys(KeyTable.ForgottenAt(now)),
                2 => Sweep(),
                _ => TrimTopics(),
            };
        }
        return more;
    }

    /// <summary>After the step is committed: counts what it removed.</summary>
    public void CountRemoved(Counts<RetentionReason> removed)
    {
        removed.Add(RetentionReason.Age, _expired);
        removed.Add(RetentionReason.Count, _trimmed);
    }

    private bool MayGoOn => _rowsLeft > 0 && time.GetElapsedTime(_began) < LongestStep;

    /// <summary>
    /// Entries arrive in the order of their ids, so expired ones come first, and each topic loses its oldest first.
    /// </summary>
    private bool ExpireEntries(long before)
    {
        Span<(long Topic, Position Position)> removed = stackalloc (long, Position)[Chunk];
        while (MayGoOn)
        {
            var count = 0;
            long last = 0;
            var meetsUnindexed = false;
            using (var rows = _oldestEntries.Query())
            {
                while (rows.Next() && clock.StoredAt(rows.Int64(0), rows.Int64(3)) < before)
                {
                    meetsUnindexed = rows.Int64(0) > index.UpTo;
                    if (meetsUnindexed) break;
                    last = rows.Int64(0);
                    removed[count++] = (rows.Int64(1), new Position(rows.Int64(2), rows.Int64(3)));
                }
            }
            if (meetsUnindexed) indexing.Ask();
            if (count == 0) return meetsUnindexed;

            _removeEntries.Bind(1, last);
            _removeEntries.Run();
            clock.Forget(last);
            foreach (var (topic, position) in removed[..count])
            {
                index.Remove(topic, position.Sequence);
                KeepHead(topic, position);
            }
            _expired += count;
            _rowsLeft -= count;
            if (count < Chunk) return meetsUnindexed;
        }
        return true;
    }

    // A topic whose index has become empty would begin again at 1, for all that do not see its unindexed entries yet. So its last position
    // moves to the topic.
    private void KeepHead(long topic, Position last)
    {
        _keepHead.Bind(1, topic);
        _keepHead.Bind(2, last.Sequence);
        _keepHead.Bind(3, last.Stamp);
        _keepHead.Run();
    }

    private bool ForgetKeys(long storedAt)
    {
        while (MayGoOn)
        {
            var count = 0;
            long last = 0;
            using (var rows = _oldestKeys.Query())
            {
                while (rows.Next() && rows.Int64(1) <= storedAt)
                {
                    last = rows.Int64(0);
                    count++;
                }
            }
            if (count == 0) return false;

            _removeKeys.Bind(1, last);
            _removeKeys.Run();
            _rowsLeft -= count;
            if (count < Chunk) return false;
        }
        return true;
    }

    /// <summary>
    /// After a start: finds topics over their count that get no appends (the setting was lowered, or the last process was killed).
    /// </summary>
    private bool Sweep()
    {
        while (!_swept && MayGoOn)
        {
            var found = new List<string>(Chunk);
            _topics.Bind(1, _sweptTo);
            using (var rows = _topics.Query())
            {
                while (rows.Next())
                {
                    _sweptTo = rows.Int64(0);
                    found.Add(rows.Text(1));
                }
            }
            foreach (var name in found)
            {
                if (topics.Load(name) is { } topic) Watch(topic);
            }
            _rowsLeft -= found.Count;
            _swept = found.Count < Chunk;
        }
        return !_swept;
    }

    private bool TrimTopics()
    {
        while (MayGoOn && _over.TryPeek(out var topic))
        {
            var last = topic.Head.Sequence - options.Count;
            _rowsLeft -= Chunk;
            if (RemoveFirst(topic.Id, last) == Chunk) continue;
            if (unindexed.Of(topic.Name).EntryOf(last) != 0)
            {
                indexing.Ask();
                return true;
            }

            topic.First = last + 1;
            topic.AwaitsTrim = false;
            _over.Dequeue();
        }
        return _over.Count > 0;
    }

    /// <summary>Removes a topic's oldest entries up to a sequence, about as many as one step does. All must be in the index.</summary>
    /// <returns>How many; 0 if nothing is left.</returns>
    public int Erase(TopicState topic, long last)
    {
        var removed = 0;
        for (var some = Chunk; some == Chunk && removed < MostRowsPerStep; removed += some) some = RemoveFirst(topic.Id, last);
        return removed;
    }

    /// <returns>The number of rows, at most a chunk.</returns>
    private int RemoveFirst(long topic, long last)
    {
        var (removed, newest) = (0, Position.Start);
        _removeFromTopic.Bind(1, topic);
        _removeFromTopic.Bind(2, last);
        using (var rows = _removeFromTopic.Query())
        {
            for (; rows.Next(); removed++)
            {
                if (rows.Int64(0) > newest.Sequence) newest = new Position(rows.Int64(0), rows.Int64(1));
            }
        }
        if (removed == 0) return 0;
        _removeFromIndex.Bind(1, topic);
        _removeFromIndex.Bind(2, last);
        _removeFromIndex.Run();
        KeepHead(topic, newest);
        _trimmed += removed;
        return removed;
    }
}
