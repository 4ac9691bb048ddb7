namespace Realtime.Client.Transports;

/// <summary>Waits that end.</summary>
internal static class Limits
{
    /// <summary>Runs a step that obeys its token, and says so when it took too long.</summary>
    /// <param name="what">Completes "… took over n s".</param>
    /// <exception cref="TimeoutException">The step was cancelled by the limit.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled, whatever the step made of that.</exception>
    public static async Task<T> WithinAsync<T>(
        TimeSpan limit, TimeProvider time, string what, Func<CancellationToken, Task<T>> step, CancellationToken cancel)
    {
        using var timer = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, timer.Token);
        try
        {
            return await step(either.Token).ConfigureAwait(false);
        }
        catch (Exception) when (cancel.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancel);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested)
        {
            throw new TimeoutException($"{what} took over {limit.TotalSeconds:0.###} s.");
        }
    }

    /// <summary>Waits for a task that does not fail, as long as the limit allows.</summary>
    public static async Task WaitAtMostAsync(this Task task, TimeSpan limit, TimeProvider time)
    {
        if (task.IsCompleted) return;
        if (limit == TimeSpan.Zero) return;
        try
        {
            await task.WaitAsync(limit, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // That was the limit; the caller goes on without it.
        }
    }
}
