namespace Realtime.Client.Feed;

/// <summary>Calls of the user's code in the user's context.</summary>
internal static class Callbacks
{
    /// <summary>Calls in the context, if there is one, and waits for the call.</summary>
    /// <returns>False if the feed was closed first. The thread of the context may have ended, so nothing waits for it then.</returns>
    /// <exception cref="OperationCanceledException">The reader has cancelled.</exception>
    public static async Task<bool> RunAsync(
        SynchronizationContext? context, Func<ValueTask> call, CancellationToken closing, CancellationToken cancel)
    {
        if (context is null)
        {
            await call().ConfigureAwait(false);
            return true;
        }
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        context.Post(_ => Start(call, done), null);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(closing, cancel);
        try
        {
            await done.Task.WaitAsync(either.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested && !done.Task.IsCompleted)
        {
            return false;
        }
    }

    // The continuations of the user's code belong into its context.
#pragma warning disable CA2007
    private static async void Start(Func<ValueTask> call, TaskCompletionSource done)
    {
        try
        {
            await call();
            done.SetResult();
        }
        catch (Exception theirs)
        {
            done.SetException(theirs);
        }
    }
#pragma warning restore CA2007
}
