using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite.Writing;

/// <summary>Something that waits to be written, and the caller who waits for it.</summary>
internal interface IPendingWrite
{
    /// <summary>When it was queued: <see cref="TimeProvider.GetTimestamp"/>.</summary>
    long QueuedAt { get; }

    /// <summary>Roughly how many kilobytes it adds to a transaction; at least 1.</summary>
    int Weight { get; }

    /// <summary>Whether the caller has its answer already: the time was up, or it failed on its own.</summary>
    bool IsAnswered { get; }

    /// <summary>Writes it, within a transaction that may yet be rolled back; then it may be called again.</summary>
    void Write(WriterSession session);

    /// <summary>It is on disk: whoever listens may know.</summary>
    void Announce(Action<Topic, Notification> announce);

    /// <summary>It is on disk: the caller gets its answer, in another thread.</summary>
    void Succeed();

    /// <summary>The caller gets this, in another thread, unless it has its answer.</summary>
    void Fail(Exception reason);
}

/// <summary>The caller's task is the pending write itself: one object less per append.</summary>
internal abstract class PendingWrite<T>(long queuedAt)
    : TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously), IPendingWrite
{
    public long QueuedAt { get; } = queuedAt;

    public abstract int Weight { get; }

    public bool IsAnswered => Task.IsCompleted;

    public abstract void Write(WriterSession session);

    public virtual void Announce(Action<Topic, Notification> announce) { }

    public abstract void Succeed();

    public void Fail(Exception reason) => TrySetException(reason);
}
