using SQLitePCL;

namespace Realtime.Server.Log.Sqlite;

/// <summary>Keeps the write-ahead log short: has it copied into the main file on a thread and a connection of its own, while the writer goes on.</summary>
/// <remarks>
/// What is committed meanwhile is left over. That little the writer copies itself: only a log that is copied to its end is used from its
/// beginning again.
/// </remarks>
/// <param name="pagesDue">
/// Pages of the log after which it is copied. Fewer copies write each busy page more often; more make each copy (about 20 ms) and each look-up longer.
/// </param>
/// <param name="beforeCopy">Called on the copying thread; a test holds a copy up there.</param>
internal sealed class Checkpointer(string path, Database writer, int pagesDue = Checkpointer.DefaultPagesDue, Action? beforeCopy = null) : IDisposable
{
    /// <summary>16 MiB.</summary>
    public const int DefaultPagesDue = 4_000;

    /// <summary>
    /// At so many times that length the writer waits: for a copy that cannot keep up, and for readers that come one after the other and keep the
    /// log from being used again.
    /// </summary>
    public const int MostTimesDue = 4;

    private readonly Database _database = Database.OpenCheckpointer(path);
    private Task? _copying;
    private int _pages;

    /// <summary>Counts what was committed.</summary>
    public void Committed() => _pages += writer.TakePagesWritten();

    /// <summary>Between two transactions: has the log copied when it has grown enough. What is committed is safe either way.</summary>
    public void CopyIfGrown()
    {
        if (_pages >= MostTimesDue * pagesDue) _copying?.Wait();
        if (_copying is { IsCompleted: true }) CopyRest();
        else if (_pages >= pagesDue) _copying ??= Task.Factory.StartNew(Copy, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Copies now what is left of the log, so that it can be used from its beginning again.</summary>
    public void CopyRest()
    {
        if (_copying is { IsCompleted: true }) _copying = null;
        _pages = 0;
        var (pages, _) = writer.Checkpoint(raw.SQLITE_CHECKPOINT_PASSIVE);
        if (pages >= MostTimesDue * pagesDue) writer.Checkpoint(raw.SQLITE_CHECKPOINT_RESTART);
    }

    public void Dispose()
    {
        _copying?.Wait();
        _database.Dispose();
    }

    private void Copy()
    {
        beforeCopy?.Invoke();
        try
        {
            _database.Checkpoint(raw.SQLITE_CHECKPOINT_PASSIVE);
        }
        catch (SqliteFailure)
        {
            // The writer copies the rest and meets the fault itself, if it lasts.
        }
    }
}
