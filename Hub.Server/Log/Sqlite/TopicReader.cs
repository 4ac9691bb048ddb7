using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite;

/// <summary>What a connection sees of a topic. Several questions have one answer only inside one transaction: the caller's.</summary>
internal sealed class TopicReader(Database database)
{
    /// <summary>How far behind the clock of the store that rewound may have been: what is newer than this before a reader's stamp may be new to it.</summary>
    private const long ClockDoubtMilliseconds = 60_000;

    // A page that asks for everything must not reserve memory for it.
    private const int MostReservedItems = 256;

    private readonly Statement _topic = database.Prepare("SELECT id, head_sequence, head_stamp FROM topics WHERE name = ?1");
    private readonly Statement _last = database.Prepare("SELECT sequence, stamp FROM entries WHERE topic = ?1 ORDER BY sequence DESC LIMIT 1");
    private readonly Statement _first =
        database.Prepare("SELECT sequence, stamp, previous_stamp FROM entries WHERE topic = ?1 ORDER BY sequence LIMIT 1");
    private readonly Statement _one = database.Prepare("SELECT sequence, stamp, previous_stamp FROM entries WHERE topic = ?1 AND sequence = ?2");
    private readonly Statement _after =
        database.Prepare("SELECT sequence, stamp, previous_stamp, body FROM entries WHERE topic = ?1 AND sequence > ?2 ORDER BY sequence");

    /// <summary>The topic's number in the store and its last position; false if it was never written to.</summary>
    public bool TryFind(string topic, out long id, out Position head)
    {
        _topic.Bind(1, topic);
        using (var rows = _topic.Query())
        {
            if (!rows.Next())
            {
                (id, head) = (0, Position.Start);
                return false;
            }
            id = rows.Int64(0);
            head = new Position(rows.Int64(1), rows.Int64(2));
        }

        _last.Bind(1, id);
        using var last = _last.Query();
        if (last.Next()) head = new Position(last.Int64(0), last.Int64(1));
        return true;
    }

    /// <summary>The oldest that is retained.</summary>
    public EntryPlace? First(long id)
    {
        _first.Bind(1, id);
        return PlaceIn(_first);
    }

    /// <summary>What lies between a reader at <paramref name="own"/> and what follows it in the log: null if nothing is missing.</summary>
    public GapReason? GapAfter(Position own, long id, Position head)
    {
        if (own == head) return null;
        if (own.Sequence >= head.Sequence) return GapReason.Reset;
        // The next one proves its predecessor, whether or not that is still retained.
        if (At(id, own.Sequence + 1) is { } next) return next.PreviousStamp == own.Stamp ? null : GapReason.Reset;
        // Stamps never run backwards: if what is left is older than the reader, the reader's own was another one.
        var oldest = First(id)?.Position.Stamp ?? head.Stamp;
        return oldest >= own.Stamp ? GapReason.Expired : GapReason.Reset;
    }

    /// <summary>See <see cref="INotificationLog.ReadAsync"/>.</summary>
    public LogPage Read(Topic topic, Position? after, PageLimit limit)
    {
        if (!TryFind(topic.Text, out var id, out var head))
        {
            GapReason? lost = after is { } had && had != Position.Start ? GapReason.Reset : null;
            return new LogPage(Position.Start, lost, [], Position.Start);
        }

        GapReason? gap = null;
        var start = after ?? Oldest(id, head);
        if (after is { } own)
        {
            gap = GapAfter(own, id, head);
            if (gap is GapReason.Expired) start = Oldest(id, head);
            if (gap is GapReason.Reset) start = BeforeFirstNewerThan(own.Stamp, id, head);
        }
        return new LogPage(start, gap, start == head ? [] : Items(id, start, head, limit), head);
    }

    private List<Notification> Items(long id, Position start, Position head, PageLimit limit)
    {
        var items = new List<Notification>((int)Math.Min(Math.Min(limit.Count, MostReservedItems), head.Sequence - start.Sequence));
        if (limit.Count == 0) return items;

        _after.Bind(1, id);
        _after.Bind(2, start.Sequence);
        using var rows = _after.Query();
        long bytes = 0;
        while (items.Count < limit.Count && (bytes < limit.Bytes || items.Count == 0) && rows.Next())
        {
            var body = rows.Blob(3).ToArray();
            items.Add(new Notification(new Position(rows.Int64(0), rows.Int64(1)), rows.Int64(2), body));
            bytes += body.Length;
        }
        return items;
    }

    /// <summary>The position right before the oldest that is retained, or the head.</summary>
    private Position Oldest(long id, Position head) => First(id)?.Previous ?? head;

    /// <summary>After a rewind: the position right before the first that the reader may not know, or the head.</summary>
    private Position BeforeFirstNewerThan(long stamp, long id, Position head)
    {
        if (First(id) is not { } first) return head;
        var border = stamp < long.MinValue + ClockDoubtMilliseconds ? long.MinValue : stamp - ClockDoubtMilliseconds;

        // Stamps never run backwards and what is retained has no holes: a binary search by sequence finds the border.
        var (low, high) = (first.Position.Sequence, head.Sequence + 1);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (At(id, middle)!.Value.Position.Stamp > border) high = middle;
            else low = middle + 1;
        }
        return low > head.Sequence ? head : At(id, low)!.Value.Previous;
    }

    private EntryPlace? At(long id, long sequence)
    {
        _one.Bind(1, id);
        _one.Bind(2, sequence);
        return PlaceIn(_one);
    }

    private static EntryPlace? PlaceIn(Statement statement)
    {
        using var rows = statement.Query();
        return rows.Next() ? new EntryPlace(new Position(rows.Int64(0), rows.Int64(1)), rows.Int64(2)) : null;
    }
}

/// <summary>A retained notification without its body.</summary>
internal readonly record struct EntryPlace(Position Position, long PreviousStamp)
{
    /// <summary>The position right before it.</summary>
    public Position Previous => new(Position.Sequence - 1, PreviousStamp);
}
