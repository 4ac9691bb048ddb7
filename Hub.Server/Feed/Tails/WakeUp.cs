using System.Threading.Tasks.Sources;

namespace Realtime.Server.Feed.Tails;

/// <summary>Lets one reader sleep until something happens. Many calls while it is awake count as one.</summary>
/// <remarks>One object for all waits of a subscription: waiting allocates nothing. One waiter at a time; any number of callers.</remarks>
internal sealed class WakeUp : IValueTaskSource
{
    private const int Awake = 0, Called = 1, Asleep = 2;

    // Continuations run on the thread pool, because the caller holds a tail's lock or is the store's only writer.
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private int _state = Awake;

    /// <summary>True if a reader waits and there was no call yet.</summary>
    public bool IsAsleep => Volatile.Read(ref _state) == Asleep;

    public void Call()
    {
        if (Interlocked.Exchange(ref _state, Called) != Asleep) return;
        // Only this caller saw the reader asleep, and the reader does not wait again before the wait is completed.
        Volatile.Write(ref _state, Awake);
        _core.SetResult(true);
    }

    /// <summary>Completes at once if there was a call since the last wait ended.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Awake, Called) == Called) return ValueTask.CompletedTask;
        _core.Reset();
        if (Interlocked.CompareExchange(ref _state, Asleep, Awake) == Awake) return new ValueTask(this, _core.Version);
        Volatile.Write(ref _state, Awake);
        return ValueTask.CompletedTask;
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
