using SQLitePCL;

namespace Realtime.Server.Log.Sqlite;

/// <summary>The writing connection and all that is prepared on it. Belongs to the writer's thread; made anew after the disk failed.</summary>
internal sealed class WriterSession : IDisposable
{
    /// <summary>
    /// Pages of the write-ahead log after which it is copied into the main file: 16 MiB. Fewer copies write each busy page more often;
    /// more make each copy (about 10 ms) and each look-up longer.
    /// </summary>
    private const int PagesPerCheckpoint = 4_000;

    /// <summary>Readers that come one after the other may keep the log from being reused: from here on the writer waits for them.</summary>
    private const int PagesBeforeWaiting = 4 * PagesPerCheckpoint;

    private readonly Database _database;
    private readonly Statement _begin;
    private readonly Statement _commit;
    private readonly Statement _rollback;
    private readonly Statement _mark;
    private readonly Statement _keep;
    private readonly Statement _undo;
    private int _pages;

    public WriterSession(string path, RetentionOptions retention, TimeProvider time)
    {
        _database = Database.OpenWriter(path);
        try
        {
            _begin = _database.Prepare("BEGIN IMMEDIATE");
            _commit = _database.Prepare("COMMIT");
            _rollback = _database.Prepare("ROLLBACK");
            _mark = _database.Prepare("SAVEPOINT one");
            _keep = _database.Prepare("RELEASE one");
            _undo = _database.Prepare("ROLLBACK TO one");
            Reader = new TopicReader(_database);
            Topics = new TopicStates(_database, Reader);
            Entries = new EntryTable(_database);
            Keys = new KeyTable(_database);
            Acknowledged = new AcknowledgedTable(_database);
            Retention = new Retention(_database, Reader, retention, time);
        }
        catch
        {
            _database.Dispose();
            throw;
        }
    }

    public TopicReader Reader { get; }
    public TopicStates Topics { get; }
    public EntryTable Entries { get; }
    public KeyTable Keys { get; }
    public AcknowledgedTable Acknowledged { get; }
    public Retention Retention { get; }

    /// <summary>The wall clock for everything in the current transaction, Unix milliseconds.</summary>
    public long Now { get; private set; }

    public void Begin(long now)
    {
        Now = now;
        _begin.Run();
    }

    /// <summary>What was written since <see cref="Begin"/> is on disk when this returns.</summary>
    public void Commit()
    {
        _commit.Run();
        _pages += _database.TakePagesWritten();
    }

    /// <summary>Takes back what was written since <see cref="Begin"/>, unless SQLite has done so itself.</summary>
    public void Rollback()
    {
        Topics.Forget();
        Retention.Forget();
        if (_database.InTransaction) _rollback.Run();
    }

    /// <summary>Within a transaction: does something that may fail without harm to the rest.</summary>
    public void Try(IPendingWrite write)
    {
        _mark.Run();
        try
        {
            write.Write(this);
            _keep.Run();
        }
        catch (Exception e) when (e is not SqliteFailure { IsOfOneStatement: false })
        {
            _undo.Run();
            _keep.Run();
            Topics.Forget();
            Retention.Forget();
            write.Fail(new LogUnavailableException($"It could not be written: {e.Message}", e));
        }
    }

    /// <summary>Moves the write-ahead log into the main file when it has grown enough. What is committed is safe either way.</summary>
    public void CheckpointIfGrown()
    {
        if (_pages < PagesPerCheckpoint) return;
        Checkpoint();
    }

    /// <summary>Copies the write-ahead log now, so that its file can be used from the beginning again.</summary>
    public void Checkpoint()
    {
        _pages = 0;
        var (pages, _) = _database.Checkpoint(raw.SQLITE_CHECKPOINT_PASSIVE);
        if (pages >= PagesBeforeWaiting) _database.Checkpoint(raw.SQLITE_CHECKPOINT_RESTART);
    }

    public void Dispose() => _database.Dispose();
}
