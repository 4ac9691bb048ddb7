using Realtime.Server.Log.Sqlite.Tables;
using Realtime.Server.Node;
using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite.Writing;

/// <summary>The single writer: a thread that commits all waiting writes as one transaction, announces them, and answers.</summary>
/// <remarks>
/// A failed commit is never retried as it stands: its writes are refused, and after a disk failure the connection is opened again.
/// </remarks>
internal sealed partial class LogWriter(
    string path, WriteQueue queue, Unindexed unindexed, int indexDue, RetentionOptions retention, Action<Topic, Notification> announce,
    HubCounters counters, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly List<IPendingWrite> _group = [];
    private readonly WriteTurns _turns = new(queue);
    private readonly ClockSteps _steps = new(time);
    private WriterSession? _session;
    private long? _failingSince;
    private bool _hasLoggedLength;
    private int _stored;   // appends of the transaction that has just been committed

    /// <summary>Opens the store, so that a store that cannot be written to fails at start.</summary>
    /// <exception cref="SqliteFailure">The store cannot be opened.</exception>
    public void Open() => _session = NewSession();

    /// <summary>Runs until the queue is closed and empty.</summary>
    public void Run()
    {
        while (queue.Take(out var writes, out var upkeep))
        {
            _turns.Add(writes);
            do WriteSome();
            while (_turns.HasSmall);
            if (upkeep || _session is { NeedsUpkeep: true }) Upkeep();
        }
    }

    public void Dispose() => _session?.Dispose();

    /// <summary>
    /// Runs one transaction. Its content is decided once: exactly what was written is announced, even if a caller stops waiting in the
    /// middle of it.
    /// </summary>
    private void WriteSome()
    {
        _turns.Take(_group);
        if (_group.Count > 0 && TryWriteGroup())
        {
            foreach (var write in _group) Announce(write);
            CountStored();
            AfterCommit();
            foreach (var write in _group) write.Succeed();
            KeepLogShort();
        }
        _turns.Settle();
        _group.Clear();   // an idle store holds no references
    }

    private void AfterCommit()
    {
        try
        {
            foreach (var write in _group) write.Committed(_session!);
        }
        catch (SqliteFailure e)
        {
            GiveUp(e);
        }
    }

    /// <returns>False if the group was refused.</returns>
    private bool TryWriteGroup()
    {
        try
        {
            if (!TryCommit()) CommitWithoutTheBad();
            Recovered();
            return true;
        }
        catch (Exception e)
        {
            Refuse(e);
            return false;
        }
    }

    /// <returns>False, and nothing is written, if one of the writes is at fault.</returns>
    private bool TryCommit()
    {
        var session = Begin();
        try
        {
            foreach (var write in _group) write.Write(session);
        }
        catch (Exception e) when (e is not SqliteFailure { IsOfOneStatement: false })
        {
            session.Rollback();
            return false;
        }
        session.Commit();
        return true;
    }

    /// <summary>Runs the same group again, each write after a savepoint: slower, but only the bad ones fail.</summary>
    private void CommitWithoutTheBad()
    {
        var session = Begin();
        foreach (var write in _group) Try(session, write);
        session.Commit();
    }

    private static void Try(WriterSession session, IPendingWrite write)
    {
        var mark = session.Mark();
        try
        {
            write.Write(session);
            session.Keep();
        }
        catch (Exception e) when (e is not SqliteFailure { IsOfOneStatement: false })
        {
            session.UndoTo(mark);
            write.Fail(new LogUnavailableException($"It could not be written: {e.Message}", e));
        }
    }

    private WriterSession NewSession() => new(path, unindexed, indexDue, retention, _steps, time);

    private WriterSession Begin()
    {
        _session ??= NewSession();
        var before = _steps.Unrecorded;
        var now = _steps.Look();
        if (_steps.Unrecorded != before) ClockWasSet(TimeSpan.FromMilliseconds(_steps.Unrecorded - before));
        _session.Begin(now, withIndex: _group.Exists(static write => write.NeedsIndex));
        return _session;
    }

    private void Refuse(Exception reason)
    {
        GiveUp(reason);
        foreach (var write in _group) write.Fail(new LogUnavailableException($"The store could not write: {reason.Message}", reason));
    }

    /// <summary>Leaves the store as it was before the transaction.</summary>
    private void GiveUp(Exception reason)
    {
        if (_failingSince is null)
        {
            _failingSince = time.GetTimestamp();
            WritesFail(reason.Message);
        }
        try
        {
            _session?.Rollback();
            if (reason is SqliteFailure { LeavesConnectionIntact: true })
            {
                // No room: at least the write-ahead log can be reused from its beginning.
                _session?.Checkpointer.CopyRest();
                return;
            }
        }
        catch (SqliteFailure)
        {
            // The rollback failed too; the first failure already says why.
        }
        _session?.Dispose();
        _session = null;
    }

    private void Recovered()
    {
        if (_failingSince is not { } since) return;
        _failingSince = null;
        WritesSucceedAgain(time.GetElapsedTime(since));
    }

    private void Announce(IPendingWrite write)
    {
        try
        {
            write.Announce(AnnounceOne);
        }
        catch (Exception e)
        {
            // An announcement is a hint, and a failure of a listener is not the publisher's.
            AnnouncementFailed(e);
        }
    }

    private void AnnounceOne(Topic topic, Notification notification)
    {
        _stored++;
        announce(topic, notification);
    }

    /// <summary>Every append is announced, and nothing else.</summary>
    private void CountStored()
    {
        if (_stored == 0) return;
        counters.CountAppended(_stored);
        counters.Histograms.Batch(_stored);
        _stored = 0;
    }

    private void Upkeep()
    {
        try
        {
            var session = Begin();
            var more = session.Upkeep();
            session.Commit();
            session.Retention.CountRemoved(counters.Removed);
            Recovered();
            if (more) queue.AskForUpkeep();
            RetryLog(session.Checkpointer);
        }
        catch (Exception e)
        {
            GiveUp(e);
            return;
        }
        KeepLogShort();
    }

    private void RetryLog(Checkpointer checkpointer)
    {
        var bytes = (long)checkpointer.PagesHeldUp * WriteAheadLog.PageBytes;
        var isLong = bytes > WriteAheadLog.KeptBytes;
        if (isLong && !_hasLoggedLength) LogHeldUp(bytes / 1024 / 1024);
        _hasLoggedLength = bytes > 0 && (_hasLoggedLength || isLong);
        checkpointer.RetryIfHeldUp();
    }

    private void KeepLogShort()
    {
        try
        {
            _session?.Checkpointer.CopyIfGrown();
        }
        catch (SqliteFailure e)
        {
            // Nothing is lost: committed data is in the write-ahead log, and the next checkpoint copies it from the start.
            GiveUp(e);
        }
    }

    [LoggerMessage(LogEventIds.ClockWasSet, LogLevel.Warning,
        "The clock of this machine was set by {By}. Notifications and idempotency keys are kept as long as if it had not been.")]
    private partial void ClockWasSet(TimeSpan by);

    [LoggerMessage(LogEventIds.WriteAheadLogHeldUp, LogLevel.Warning,
        "The write-ahead log has grown to {Megabytes} MiB, because another program reads the store's file and keeps a transaction open. It "
        + "is cut when that program ends it.")]
    private partial void LogHeldUp(long megabytes);

    [LoggerMessage(LogEventIds.WritesFail, LogLevel.Error,
        "The store refuses writes: {Reason} Publishes are answered 503 until it accepts them. Check the disk that holds Hub:DataPath.")]
    private partial void WritesFail(string reason);

    [LoggerMessage(LogEventIds.WritesSucceedAgain, LogLevel.Information, "The store accepts writes again, after {Duration}.")]
    private partial void WritesSucceedAgain(TimeSpan duration);

    [LoggerMessage(LogEventIds.AnnouncementFailed, LogLevel.Error,
        "A listener failed on a notification that was stored; it will find it in the log.")]
    private partial void AnnouncementFailed(Exception e);
}
