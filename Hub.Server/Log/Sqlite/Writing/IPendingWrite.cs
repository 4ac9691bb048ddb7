using Realtime.Server.Log.Sqlite.Tables;
using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite.Writing;

/// <summary>A queued write, and the caller that waits for it.</summary>
internal interface IPendingWrite
{
    /// <summary>When it was queued: <see cref="TimeProvider.GetTimestamp"/>.</summary>
    long QueuedAt { get; }

    /// <summary>Roughly how many kilobytes it adds to a transaction; at least 1.</summary>
    int Weight { get; }

    /// <summary>True if the caller has its result already: the write timed out, or failed on its own.</summary>
    bool IsAnswered { get; }

    /// <summary>True if it needs all entries that were committed before to be in the index.</summary>
    bool NeedsIndex => false;

    /// <summary>Writes it, within a transaction that may be rolled back; after a rollback it may be called again.</summary>
    void Write(WriterSession session);

    /// <summary>The write is on disk, and no transaction is open.</summary>
    /// <exception cref="SqliteFailure">The disk fails. The write stays.</exception>
    void Committed(WriterSession session) { }

    /// <summary>The write is on disk: announces it.</summary>
    void Announce(Action<Topic, Notification> announce);

    /// <summary>The write is on disk: completes the caller's task, on another thread.</summary>
    void Succeed();

    /// <summary>Fails the caller's task with this, on another thread, unless the caller has its result.</summary>
    void Fail(Exception reason);
}

/// <summary>The pending write is itself the caller's task: one object less per append.</summary>
internal abstract class PendingWrite<T>(long queuedAt)
    : TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously), IPendingWrite
{
    public long QueuedAt { get; } = queuedAt;

    public abstract int Weight { get; }

    public bool IsAnswered => Task.IsCompleted;

    public virtual bool NeedsIndex => false;

    public abstract void Write(WriterSession session);

    public virtual void Committed(WriterSession session) { }

    public virtual void Announce(Action<Topic, Notification> announce) { }

    public abstract void Succeed();

    public void Fail(Exception reason) => TrySetException(reason);
}
