using Realtime.Server.Log.Sqlite.Tables;

namespace Realtime.Server.Log.Sqlite;

/// <summary>
/// Adds waiting entries to the index, topic by topic, in small steps between publishes. Appends hit topics at random: entries that are
/// indexed one by one would each write a page of the index; thousands of them, sorted, share pages.
/// </summary>
/// <param name="due">The number of waiting entries at which indexing starts by itself. After a crash, the next start indexes the
/// rest.</param>
internal sealed class Indexing(TopicIndex index, Unindexed unindexed, int due)
{
    /// <summary>
    /// Entries that wait before they are indexed: 8 bytes of memory each and 100 per topic; about 60 ms at the next start after a crash.
    /// </summary>
    public const int DefaultDue = 65_536;

    /// <summary>
    /// One step indexes 512 entries, or a sixteenth of the backlog if that is more, so the backlog shrinks under any load: a few
    /// milliseconds.
    /// </summary>
    private const int RowsPerStep = 512, StepsForAll = 16;

    private readonly Stack<(Unindexed.Run Run, int Count)> _topics = new();   // the rest of the batch
    private readonly List<(Unindexed.Run Run, int Count)> _entered = [];      // in the current transaction
    private bool _asked;
    private bool _busy;
    private long _upTo;

    /// <summary>True if there is something to do now.</summary>
    public bool IsDue => _busy || unindexed.Count >= due || (_asked && unindexed.Count > 0);

    /// <summary>Starts a batch without waiting for more entries, because the waiting ones are needed in the index.</summary>
    public void Ask() => _asked = true;

    /// <summary>Indexes one step, inside a transaction.</summary>
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

    /// <summary>After a commit: readers see the new index entries, so these entries no longer wait.</summary>
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

    // Later entries wait for the next batch: this one ends, however fast its topics grow.
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
