using Realtime.Server.Log.Sqlite.Tables;
using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite.Writing;

/// <summary>
/// The writing connection and everything prepared on it. Used only on the writer's thread; created again after a disk failure.
/// </summary>
internal sealed class WriterSession : IDisposable
{
    private readonly Database _database;
    private readonly Statement _begin;
    private readonly Statement _commit;
    private readonly Statement _rollback;
    private readonly Statement _mark;
    private readonly Statement _keep;
    private readonly Statement _undo;
    private readonly Unindexed _unindexed;
    private readonly TopicIndex _index;
    private readonly Indexing _indexing;
    private readonly ClockSteps _steps;
    private bool _indexIsStale = true;

    public WriterSession(string path, Unindexed unindexed, int indexDue, RetentionOptions retention, ClockSteps steps, TimeProvider time)
    {
        (_unindexed, _steps) = (unindexed, steps);
        _database = Database.OpenWriter(path);
        try
        {
            _begin = _database.Prepare("BEGIN IMMEDIATE");
            _commit = _database.Prepare("COMMIT");
            _rollback = _database.Prepare("ROLLBACK");
            _mark = _database.Prepare("SAVEPOINT one");
            _keep = _database.Prepare("RELEASE one");
            _undo = _database.Prepare("ROLLBACK TO one");
            Reader = new TopicPages(_database);
            Topics = new TopicStates(_database, Reader, unindexed);
            Entries = new EntryTable(_database, unindexed);
            _index = new TopicIndex(_database);
            _indexing = new Indexing(_index, unindexed, indexDue);
            Keys = new KeyTable(_database);
            Acknowledged = new AcknowledgedTable(_database);
            Revoked = new RevokedTable(_database);
            EndedSessions = new EndedSessionTable(_database);
            Clock = new StoreClock(_database, retention.Age);
            Retention = new Retention(_database, Topics, _index, _indexing, unindexed, Clock, retention, time);
            Checkpointer = new Checkpointer(path, _database);
        }
        catch
        {
            _database.Dispose();
            throw;
        }
    }

    public TopicPages Reader { get; }
    public TopicStates Topics { get; }
    public EntryTable Entries { get; }
    public KeyTable Keys { get; }
    public AcknowledgedTable Acknowledged { get; }
    public RevokedTable Revoked { get; }
    public EndedSessionTable EndedSessions { get; }
    public StoreClock Clock { get; }
    public Retention Retention { get; }
    public Checkpointer Checkpointer { get; }

    /// <summary>The wall clock for everything in the current transaction, Unix milliseconds.</summary>
    public long Now { get; private set; }

    /// <param name="withIndex">Whether all entries must be in the index.</param>
    public void Begin(long now, bool withIndex = false)
    {
        Now = now;
        if (_indexIsStale || withIndex) CatchUpIndex();
        _begin.Run();
        if (_steps.Unrecorded != 0) Clock.Step(Entries.Last, now, _steps.Unrecorded);
    }

    /// <summary>Within a transaction: stores a notification at the end of a topic.</summary>
    public Notification Append(TopicState topic, ReadOnlyMemory<byte> body)
    {
        var last = topic.Head;
        // The clock may step backwards, stamps may not.
        Entries.Add(topic, Math.Max(Now, last.Stamp), body.Span);
        if (last.Stamp > Now) Clock.StampsAreAhead = true;
        Retention.Watch(topic);
        return new Notification(topic.Head, last.Stamp, body);
    }

    /// <summary>Overwrites what is deleted with zeros, until it is disposed: also in pages that become free.</summary>
    public SecureDelete ZeroWhatIsDeleted() => new(_database);

    /// <summary>The last sequence of a topic that is not only in the current transaction, after a start with the index.</summary>
    public long LastIndexed(TopicState topic) => _unindexed.Of(topic.Name) is { Count: > 0 } added ? added.First - 1 : topic.Head.Sequence;

    /// <summary>True if indexing should continue soon.</summary>
    public bool NeedsUpkeep => _indexing.IsDue;

    /// <summary>Indexes and removes expired entries, a little of each, within a transaction.</summary>
    /// <returns>Whether there is more to do now.</returns>
    public bool Upkeep()
    {
        Clock.NoteTime(Entries.Last, Now);
        _indexing.Step(Entries.Last);
        return Retention.Step(Now) | _indexing.IsDue;
    }

    /// <summary>Commits: everything written since <see cref="Begin"/> is on disk when this returns.</summary>
    public void Commit()
    {
        _commit.Run();
        _steps.Recorded();
        _unindexed.Committed();
        _indexing.Committed();
        Checkpointer.Committed();
    }

    /// <summary>Rolls back everything since <see cref="Begin"/>, unless SQLite has done so itself.</summary>
    public void Rollback()
    {
        Topics.Forget();
        Retention.Forget();
        Clock.Reload();
        _indexing.Forget();
        _unindexed.UndoTo(0);
        _indexIsStale = true;
        if (_database.InTransaction) _rollback.Run();
    }

    /// <summary>
    /// Within a transaction: begins work that may fail without harm to the rest. <see cref="Keep"/> or <see cref="UndoTo"/> ends it.
    /// </summary>
    public Savepoint Mark()
    {
        _mark.Run();
        return new(_unindexed.Mark(), Entries.Last);
    }

    /// <summary>Keeps what was written since <see cref="Mark"/> in the transaction.</summary>
    public void Keep() => _keep.Run();

    /// <summary>Rolls back to <see cref="Mark"/>.</summary>
    public void UndoTo(Savepoint mark)
    {
        _undo.Run();
        _keep.Run();
        _unindexed.UndoTo(mark.Unindexed);
        Entries.Last = mark.LastEntry;
        Topics.Forget();
        Retention.Forget();
    }

    public void Dispose()
    {
        Checkpointer.Dispose();
        _database.Dispose();
    }

    /// <summary>
    /// On a new connection, and after a failed transaction: only the file shows whether it was committed, and another process may have
    /// written.
    /// </summary>
    private void CatchUpIndex()
    {
        _indexing.Forget();   // a batch that was under way is in it
        _begin.Run();
        _index.CatchUp();
        _commit.Run();
        // Clear only now: readers that read this first and then begin a snapshot see all of it in the index.
        _unindexed.Clear();
        Entries.Last = _index.UpTo;
        _indexIsStale = false;
    }

    /// <summary>The start of a part of a transaction.</summary>
    public readonly record struct Savepoint(int Unindexed, long LastEntry);
}
