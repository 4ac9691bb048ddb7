using Realtime.Server.Log.Sqlite.Tables;
using SQLitePCL;

namespace Realtime.Server.Log.Sqlite;

/// <summary>
/// Keeps the write-ahead log short: has it copied into the main file on a thread and a connection of its own, while the writer goes on.
/// </summary>
/// <remarks>
/// What is committed meanwhile is left over. If that is little, the writer copies it itself: only a log that is copied to its end is used
/// from its beginning again. A transaction that another program has open on the file keeps the log from being copied beyond it. Then the
/// log grows, which SQLite cannot avoid, and nothing waits for that program; when it has gone, the log is copied and cut.
/// </remarks>
/// <param name="pagesDue">
/// Pages of the log after which it is copied. Fewer copies write each busy page more often; more make each copy (about 20 ms) and each
/// look-up longer.
/// </param>
/// <param name="beforeCopy">Called on the copying thread; a test holds a copy up there.</param>
internal sealed class Checkpointer(string path, Database writer, int pagesDue = WriteAheadLog.PagesDue, Action? beforeCopy = null)
    : IDisposable
{
    /// <summary>What is left over at the end of a copy is little up to this part of what is due: about 2 ms for the writer.</summary>
    private const int SmallPart = 8;

    /// <summary>
    /// How long the writer waits for readers of a log that is too long: reads of this process take less, and other programs are not waited
    /// for.
    /// </summary>
    private static readonly TimeSpan ReadersWait = TimeSpan.FromMilliseconds(10);

    private readonly Database _database = Database.OpenCheckpointer(path);
    private Task<int>? _copying;
    private int _pages;       // committed since the last copy began
    private int _length;      // of the log; pages
    // the last copy could not reach the end of the log as it was, or it could not be used again
    private bool _isHeldUp = WriteAheadLog.IsLong(path);

    /// <summary>Pages of a log that another program keeps from being used again; 0 if none does.</summary>
    public int PagesHeldUp => _isHeldUp ? _length : 0;

    /// <summary>Counts what was committed.</summary>
    public void Committed()
    {
        var pages = writer.TakePagesWritten();
        (_pages, _length) = (_pages + pages, _length + pages);
    }

    /// <summary>Between two transactions: has the log copied when it has grown enough. What is committed is safe either way.</summary>
    public void CopyIfGrown()
    {
        // A log that is held up does not become shorter by waiting.
        var mustWait = _length >= WriteAheadLog.MostTimesDue * pagesDue && !_isHeldUp;
        if (mustWait) _copying?.Wait();
        if (_copying is { IsCompleted: true, Result: var left })
        {
            _copying = null;
            _isHeldUp = left > pagesDue / SmallPart;
            if (_isHeldUp) return;
            if (mustWait || _pages <= pagesDue / SmallPart) CopyRest();
            else BeginCopy();
        }
        else if (_copying is null && _pages >= pagesDue) BeginCopy();
    }

    /// <summary>Once in a while: tries again to copy what was held up.</summary>
    public void RetryIfHeldUp()
    {
        if (_isHeldUp && _copying is null) BeginCopy();
    }

    /// <summary>Copies now what is left of the log, so that it can be used from its beginning again.</summary>
    public void CopyRest()
    {
        if (_copying is { IsCompleted: true }) _copying = null;
        _pages = 0;
        var (pages, copied) = writer.Checkpoint(raw.SQLITE_CHECKPOINT_PASSIVE);
        _length = copied < pages ? pages : 0;
        // Readers that come one after the other keep a log from being used again, although it is copied.
        _isHeldUp = pages >= WriteAheadLog.MostTimesDue * pagesDue
            && !writer.TryRestartLog(ReadersWait, cut: pages >= WriteAheadLog.CutAtTimesDue * pagesDue);
        if (_isHeldUp) _length = pages;
    }

    public void Dispose()
    {
        _database.Interrupt();
        _copying?.Wait();
        _database.Dispose();
    }

    private void BeginCopy()
    {
        _pages = 0;
        _copying = Task.Factory.StartNew(Copy, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <returns>How many pages of the log as it was are left, because a reader still uses an older state of the file.</returns>
    private int Copy()
    {
        beforeCopy?.Invoke();
        try
        {
            var (pages, copied) = _database.Checkpoint(raw.SQLITE_CHECKPOINT_PASSIVE);
            return pages - copied;
        }
        catch (SqliteFailure)
        {
            // The writer copies the rest and meets the fault itself, if it lasts.
            return 0;
        }
    }
}
