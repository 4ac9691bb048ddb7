using Realtime.Server.Log.Sqlite.Tables;
using SQLitePCL;

namespace Realtime.Server.Log.Sqlite;

/// <summary>
/// Keeps the write-ahead log short: copies it into the main file on a thread and a connection of its own, while the writer goes on.
/// </summary>
/// <remarks>
/// Transactions committed during a copy are left over. If that is little, the writer copies it itself, because only a log that is copied to
/// its end is reused from its beginning. A transaction that another program has open on the file keeps the log from being copied beyond
/// it. Then the log grows, which SQLite cannot avoid, and nothing waits for that program. When the program has gone, the log is copied and
/// cut.
/// </remarks>
/// <param name="pagesDue">
/// Pages of the log after which it is copied. Fewer pages mean that each busy page is written more often; more pages make each copy (about
/// 20 ms) and each look-up longer.
/// </param>
/// <param name="beforeCopy">Called on the copying thread; a test blocks a copy there.</param>
internal sealed class Checkpointer(string path, Database writer, int pagesDue = WriteAheadLog.PagesDue, Action? beforeCopy = null)
    : IDisposable
{
    /// <summary>Up to this fraction of the due pages, what a copy leaves over counts as little: about 2 ms for the writer.</summary>
    private const int SmallPart = 8;

    /// <summary>
    /// How long the writer waits for readers of a log that is too long: reads of this process take less, and the writer does not wait for
    /// other programs.
    /// </summary>
    private static readonly TimeSpan ReadersWait = TimeSpan.FromMilliseconds(10);

    /// <summary>How long the writer waits for readers when the log must be cut at once.</summary>
    private static readonly TimeSpan CutWait = TimeSpan.FromMilliseconds(300);

    private readonly Database _database = Database.OpenCheckpointer(path);
    private bool _mustCut;
    private Task<int>? _copying;
    private int _pages;       // committed since the last copy began
    private int _length;      // of the log; pages
    // true if the last copy did not reach the end of the log as it was, or the log could not be reused
    private bool _isHeldUp = WriteAheadLog.IsLong(path);

    /// <summary>Pages of a log that another program keeps from being reused; 0 if none does.</summary>
    public int PagesHeldUp => _isHeldUp ? _length : 0;

    /// <summary>Counts the pages of a commit.</summary>
    public void Committed()
    {
        var pages = writer.TakePagesWritten();
        (_pages, _length) = (_pages + pages, _length + pages);
    }

    /// <summary>Between two transactions: copies the log when it has grown enough. Committed data is safe either way.</summary>
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

    /// <summary>Called periodically: retries a copy that was held up.</summary>
    public void RetryIfHeldUp()
    {
        if (_mustCut && _copying is null) Cut(ReadersWait);
        if (_isHeldUp && _copying is null) BeginCopy();
    }

    /// <summary>Copies the log and cuts it to nothing: it holds what must not stay. If readers are in the way, again later.</summary>
    /// <returns>False if another program has a transaction open on the file.</returns>
    public bool Cut()
    {
        _copying?.Wait();
        _copying = null;
        return Cut(CutWait);
    }

    /// <summary>Copies the rest of the log now, so that the log can be reused from its beginning.</summary>
    public void CopyRest()
    {
        if (_copying is { IsCompleted: true }) _copying = null;
        _pages = 0;
        var (pages, copied) = writer.Checkpoint(raw.SQLITE_CHECKPOINT_PASSIVE);
        _length = copied < pages ? pages : 0;
        // Overlapping readers keep a log from being reused, although it is copied.
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

    private bool Cut(TimeSpan wait)
    {
        _mustCut = !writer.TryRestartLog(wait, cut: true);
        if (!_mustCut) (_pages, _length, _isHeldUp) = (0, 0, false);
        return !_mustCut;
    }

    private void BeginCopy()
    {
        _pages = 0;
        _copying = Task.Factory.StartNew(Copy, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <returns>The pages of the log as it was that are left, because a reader still uses an older state of the file.</returns>
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
            // The writer copies the rest and gets the error itself, if it lasts.
            return 0;
        }
    }
}
