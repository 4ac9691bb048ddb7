using Realtime.Server.Log.Sqlite.Tables;
using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite;

/// <summary>A connection's view of a topic. Several queries are consistent only inside one transaction, which the caller opens.</summary>
internal sealed class TopicPages(Database database)
{
    // A page without a limit must not reserve memory for it.
    private const int MostReservedItems = 256;

    private const string Place = "e.sequence, e.stamp, e.previous_stamp";
    // CROSS JOIN fixes this order, whatever the planner would choose
    private const string Indexed = "entries_by_topic i CROSS JOIN entries e ON e.id = i.entry";

    private readonly Statement _topic = database.Prepare("SELECT id, head_sequence, head_stamp FROM topics WHERE name = ?1");
    private readonly Statement _last = database.Prepare(
        $"SELECT {Place} FROM {Indexed} WHERE i.topic = ?1 ORDER BY i.sequence DESC LIMIT 1");
    private readonly Statement _first = database.Prepare($"SELECT {Place} FROM {Indexed} WHERE i.topic = ?1 ORDER BY i.sequence LIMIT 1");
    private readonly Statement _next = database.Prepare(
        $"SELECT {Place} FROM {Indexed} WHERE i.topic = ?1 AND i.sequence >= ?2 ORDER BY i.sequence LIMIT 1");
    private readonly Statement _one = database.Prepare($"SELECT {Place} FROM {Indexed} WHERE i.topic = ?1 AND i.sequence = ?2");
    private readonly Statement _body = database.Prepare($"SELECT e.stamp, e.body FROM {Indexed} WHERE i.topic = ?1 AND i.sequence = ?2");
    private readonly Statement _after = database.Prepare(
        $"SELECT {Place}, e.body FROM {Indexed} WHERE i.topic = ?1 AND i.sequence > ?2 ORDER BY i.sequence");
    private readonly Statement _entry = database.Prepare(
        $"SELECT {Place}, e.body FROM entries e WHERE e.id = ?1 AND e.topic = ?2 AND e.sequence = ?3");

    /// <summary>The topic's number in the store and its last position; false if it was never written to.</summary>
    /// <param name="unindexed">The topic's unindexed entries, read before the snapshot began.</param>
    public bool TryFind(string name, UnindexedRun unindexed, out StoredTopic topic)
    {
        topic = default;
        _topic.Bind(1, name);
        using (var rows = _topic.Query())
        {
            if (!rows.Next()) return false;
            topic = new StoredTopic(rows.Int64(0), new Position(rows.Int64(1), rows.Int64(2)), unindexed);
        }

        _last.Bind(1, topic.Id);
        if (PlaceIn(_last) is { } indexed) topic = topic with { Head = indexed.Position };
        for (var sequence = unindexed.Last; sequence >= unindexed.First && sequence > topic.Head.Sequence; sequence--)
        {
            // In this snapshot, the last entries may not be committed.
            if (PlaceOf(topic, sequence) is not { } last) continue;
            topic = topic with { Head = last.Position };
            break;
        }
        return true;
    }

    /// <summary>The oldest that is retained.</summary>
    public EntryPlace? First(StoredTopic topic)
    {
        _first.Bind(1, topic.Id);
        if (PlaceIn(_first) is { } first) return first;
        for (var sequence = topic.Unindexed.First; sequence <= topic.Unindexed.Last; sequence++)
        {
            if (PlaceOf(topic, sequence) is { } waiting) return waiting;
        }
        return null;
    }

    /// <summary>See <see cref="GapRules"/>.</summary>
    public GapReason? GapAfter(Position own, StoredTopic topic) => GapRules.After(own, new Retained(this, topic));

    /// <summary>See <see cref="INotificationLog.ReadAsync"/>.</summary>
    /// <param name="unindexed">The topic's unindexed entries, read before the snapshot began.</param>
    public LogPage Read(Topic topic, UnindexedRun unindexed, Position? after, PageLimit limit)
    {
        if (!TryFind(topic.Text, unindexed, out var stored))
        {
            GapReason? lost = after is { } had && had != Position.Start ? GapReason.Reset : null;
            return new LogPage(Position.Start, lost, [], Position.Start);
        }

        var (start, gap) = GapRules.Continue(after, new Retained(this, stored));
        return new LogPage(start, gap, start.Is(stored.Head) ? [] : Items(stored, start, limit), stored.Head);
    }

    /// <summary>The body at a sequence; null if it is not retained.</summary>
    public byte[]? BodyAt(StoredTopic topic, long sequence)
    {
        _body.Bind(1, topic.Id);
        _body.Bind(2, sequence);
        using (var rows = _body.Query())
        {
            if (rows.Next()) return rows.Blob(1).ToArray();
        }
        using var waiting = Entry(topic, sequence);
        return waiting.Next() ? waiting.Blob(3).ToArray() : null;
    }

    private List<Notification> Items(StoredTopic topic, Position start, PageLimit limit)
    {
        var items = new List<Notification>((int)Math.Min(Math.Min(limit.Count, MostReservedItems), topic.Head.Sequence - start.Sequence));
        long bytes = 0;
        var (end, broken) = (start, false);   // stop at an entry that does not continue; the next read finds the gap
        _after.Bind(1, topic.Id);
        _after.Bind(2, start.Sequence);
        using (var rows = _after.Query())
        {
            while (HasRoom() && rows.Next()) Take(rows);
        }
        // The unindexed entries continue where the index ends.
        for (var next = start.Sequence + 1 + items.Count; next <= topic.Head.Sequence && HasRoom(); next++)
        {
            using var rows = Entry(topic, next);
            if (!rows.Next()) break;
            Take(rows);
        }
        return items;

        bool HasRoom() => !broken && items.Count < limit.Count && (bytes < limit.Bytes || items.Count == 0);

        void Take(Statement.Rows rows)
        {
            var position = new Position(rows.Int64(0), rows.Int64(1));
            broken = end != new Position(position.Sequence - 1, rows.Int64(2));
            if (broken) return;
            var body = rows.Blob(3).ToArray();
            items.Add(new Notification(position, rows.Int64(2), body));
            bytes += body.Length;
            end = position;
        }
    }

    private Position BeforeFirstNewerThan(long stamp, StoredTopic topic)
    {
        var head = topic.Head;
        if (First(topic) is not { } first) return head;

        // Stamps never run backwards, and retained sequences have no holes: a binary search by sequence finds the border.
        var (low, high) = (first.Position.Sequence, head.Sequence + 1);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (Next(topic, middle) is not { } next || next.Position.Stamp > stamp) high = middle;
            else low = middle + 1;
        }
        return Before(low, topic);
    }

    /// <summary>The position right before the first that is retained from a sequence on, or the head.</summary>
    private Position Before(long sequence, StoredTopic topic) => Next(topic, sequence)?.Previous ?? topic.Head;

    /// <summary>
    /// Whether the notification with a reader's sequence and stamp is not the one that the reader had. False if it is not retained.
    /// </summary>
    private bool IsAnotherAt(Position own, StoredTopic topic) => own.Tag != 0 && TagAt(topic, own) is var tag and not 0 && tag != own.Tag;

    /// <summary>The first that is retained from a sequence on.</summary>
    private EntryPlace? Next(StoredTopic topic, long sequence)
    {
        _next.Bind(1, topic.Id);
        _next.Bind(2, sequence);
        if (PlaceIn(_next) is { } next) return next;
        for (sequence = Math.Max(sequence, topic.Unindexed.First); sequence <= topic.Unindexed.Last; sequence++)
        {
            if (PlaceOf(topic, sequence) is { } waiting) return waiting;
        }
        return null;
    }

    private EntryPlace? At(StoredTopic topic, long sequence)
    {
        _one.Bind(1, topic.Id);
        _one.Bind(2, sequence);
        return PlaceIn(_one) ?? PlaceOf(topic, sequence);
    }

    /// <summary>The tag of the notification at a position; 0 if none with that stamp is retained there.</summary>
    private int TagAt(StoredTopic topic, Position place)
    {
        _body.Bind(1, topic.Id);
        _body.Bind(2, place.Sequence);
        using (var rows = _body.Query())
        {
            if (rows.Next()) return rows.Int64(0) == place.Stamp ? NotificationTag.Of(rows.Blob(1)) : 0;
        }
        using var waiting = Entry(topic, place.Sequence);
        return waiting.Next() && waiting.Int64(1) == place.Stamp ? NotificationTag.Of(waiting.Blob(3)) : 0;
    }

    /// <summary>The place of an unindexed sequence, if it is committed.</summary>
    private EntryPlace? PlaceOf(StoredTopic topic, long sequence)
    {
        using var rows = Entry(topic, sequence);
        return Next(rows);
    }

    private Statement.Rows Entry(StoredTopic topic, long sequence)
    {
        _entry.Bind(1, topic.Unindexed.EntryOf(sequence));
        _entry.Bind(2, topic.Id);
        _entry.Bind(3, sequence);
        return _entry.Query();
    }

    private static EntryPlace? PlaceIn(Statement statement)
    {
        using var rows = statement.Query();
        return Next(rows);
    }

    private static EntryPlace? Next(Statement.Rows rows) =>
        rows.Next() ? new EntryPlace(new Position(rows.Int64(0), rows.Int64(1)), rows.Int64(2)) : null;

    private readonly struct Retained(TopicPages pages, StoredTopic topic) : IRetainedEntries
    {
        public Position Head => topic.Head;

        public EntryPlace? First => pages.First(topic);

        public EntryPlace? At(long sequence) => pages.At(topic, sequence);

        public Position BeforeNext(long sequence) => pages.Before(sequence, topic);

        public bool IsAnotherAt(Position own) => pages.IsAnotherAt(own, topic);

        public Position BeforeFirstNewerThan(long stamp) => pages.BeforeFirstNewerThan(stamp, topic);
    }
}

/// <summary>A topic in one snapshot.</summary>
/// <param name="Id"><c>topics.id</c>.</param>
/// <param name="Head">Its last position, retained or not.</param>
/// <param name="Unindexed">The unindexed entries right before the snapshot; the last ones may not be in the snapshot.</param>
internal readonly record struct StoredTopic(long Id, Position Head, UnindexedRun Unindexed);
