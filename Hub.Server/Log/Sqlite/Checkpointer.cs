using SQLitePCL;

namespace Realtime.Server.Log.Sqlite;

/// <summary>Copies the write-ahead log into the main file on a thread and a connection of its own, while the writer goes on.</summary>
/// <remarks>
/// What is committed meanwhile is left over. That little the writer copies itself: only a log that is copied to its end is used from its
/// beginning again.
/// </remarks>
internal sealed class Checkpointer(string path) : IDisposable
{
    private readonly Database _database = Database.OpenCheckpointer(path);
    private Task? _copying;

    /// <summary>Begins, unless it is at it.</summary>
    public void Begin() => _copying ??= Task.Factory.StartNew(Copy, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Whether a copy has come to its end since this last said so.</summary>
    public bool TakeEnded()
    {
        if (_copying is not { IsCompleted: true }) return false;
        _copying = null;
        return true;
    }

    public void Dispose()
    {
        _copying?.Wait();
        _database.Dispose();
    }

    private void Copy()
    {
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
