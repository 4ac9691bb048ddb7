using Realtime.Server.Log.Sqlite.Tables;

namespace Realtime.Server.Log.Sqlite;

/// <summary>
/// Enters in the index what waits for it, topic by topic, in small steps between publishes. Appends hit topics at random: entered
/// one by one each would write a page of the index; of thousands, sorted, many share one.
/// </summary>
/// <param name="due">So many entries must wait before it begins of itself. What waits is entered at the next start after a crash.</param>
internal sealed class Indexing(TopicIndex index, Unindexed unindexed, int due)
{
    /// <summary>
    /// Entries that wait before they are entered: 8 bytes of memory each and 100 a topic; about 60 ms at the next start after a crash.
    /// </summary>
    public const int DefaultDue = 65_536;

    /// <summary>
    /// A step enters at least this many entries, and of more that wait such a part that they become fewer under any load: a few
    /// milliseconds.
    /// </summary>
    private const int RowsPerStep = 512, StepsForAll = 16;

    private readonly Stack<(Unindexed.Run Run, int Count)> _topics = new();   // what is left of the batch
    private readonly List<(Unindexed.Run Run, int Count)> _entered = [];      // in the current transaction
    private bool _asked;
    private bool _busy;
    private long _upTo;

    /// <summary>Whether there is something to do now.</summary>
    public bool IsDue => _busy || unindexed.Count >= due || (_asked && unindexed.Count > 0);

    /// <summary>Somebody needs what waits to be in the index: it begins without waiting for more.</summary>
    public void Ask() => _asked = true;

    /// <summary>Enters a little, inside a transaction.</summary>
    /// <param name="lastEntry">The last entry that is committed.</param>
    public void Step(long lastEntry)
    {
        if (!IsDue) return;
        if (!_busy) Begin(lastEntry);
        var left = Math.Max(RowsPerStep, unindexed.Count / StepsForAll);
        while (left > 0 && _topics.TryPop(out var topic))
        {
            var count = Math.Min(left, topic.Count);
            Enter(topic.Run, count);
            left -= count;
            if (count < topic.Count) _topics.Push((topic.Run, topic.Count - count));
        }
        if (_topics.Count > 0) return;
        index.SetUpTo(_upTo);
        (_busy, _asked) = (false, false);
    }

    /// <summary>Readers see in the index what was entered: it need not wait any more.</summary>
    public void Committed()
    {
        foreach (var (run, count) in _entered) unindexed.Drop(run, count);
        _entered.Clear();
    }

    /// <summary>After a rollback.</summary>
    public void Forget()
    {
        _topics.Clear();
        _entered.Clear();
        _busy = false;
    }

    // What comes later waits for the next batch: this one ends, however fast its topics grow.
    private void Begin(long lastEntry)
    {
        foreach (var run in unindexed.Topics()) _topics.Push((run, run.Now.Count));
        (_busy, _upTo) = (true, lastEntry);
    }

    private void Enter(Unindexed.Run run, int count)
    {
        var now = run.Now;
        for (var i = 0; i < count; i++) index.Add(run.Topic, now.First + i, now.Entries.Span[i]);
        _entered.Add((run, count));
    }
}
