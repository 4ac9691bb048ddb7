using System.Collections.Concurrent;

namespace Realtime.Tests.Client.Waking;

/// <summary>The thread of a window: it runs what is posted, one after another, until it is closed.</summary>
internal sealed class WindowThread : SynchronizationContext, IDisposable
{
    private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _posted = [];
    private readonly Thread _thread;

    public WindowThread()
    {
        _thread = new(Run) { IsBackground = true };
        _thread.Start();
    }

    public bool IsCurrent => Environment.CurrentManagedThreadId == _thread.ManagedThreadId;

    public override void Post(SendOrPostCallback d, object? state) => _posted.Add((d, state));

    public void Dispose() => _posted.CompleteAdding();

    private void Run()
    {
        SetSynchronizationContext(this);
        foreach (var (callback, state) in _posted.GetConsumingEnumerable()) callback(state);
    }
}
