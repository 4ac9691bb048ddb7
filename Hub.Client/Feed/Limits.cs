namespace Realtime.Client.Feed;

/// <summary>Steps with a time limit.</summary>
internal static class Limits
{
    /// <summary>Runs a step that observes its token, and throws if it takes too long.</summary>
    /// <param name="what">Completes "… took over n s".</param>
    /// <exception cref="TimeoutException">The step was cancelled by this limit, or by one of its own.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled, whatever exception the step threw then.</exception>
    public static async Task<T> WithinAsync<T>(
        TimeSpan limit, TimeProvider time, string what, Func<CancellationToken, Task<T>> step, CancellationToken cancel)
    {
        using var timer = new Deadline(time, limit);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, timer.Token);
        try
        {
            return await step(either.Token).ConfigureAwait(false);
        }
        catch (Exception) when (cancel.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancel);
        }
        catch (OperationCanceledException) when (timer.IsOver)
        {
            throw new TimeoutException($"{what} took over {limit.TotalSeconds:0.###} s.");
        }
        catch (OperationCanceledException other)
        {
            // Such as the handler's own limit for connecting.
            throw new TimeoutException(other.Message, other);
        }
    }
}
