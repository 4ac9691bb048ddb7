using System.Collections.Concurrent;

namespace Realtime.Tests.Client;

/// <summary>The thread of a desktop program: posted callbacks run there one after another, and not while it is blocked.</summary>
internal sealed class OneThreadContext : SynchronizationContext
{
    private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _posted = [];

    public override void Post(SendOrPostCallback d, object? state) => _posted.Add((d, state));

    /// <summary>Runs a program on such a thread, until it returns.</summary>
    public static Task RunAsync(Action program)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            SetSynchronizationContext(new OneThreadContext());
            try
            {
                program();
                done.SetResult();
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        });
        thread.IsBackground = true;
        thread.Start();
        return done.Task;
    }
}
