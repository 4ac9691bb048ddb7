namespace Realtime.Client.Feed.Waking;

/// <summary>Tests one open connection when it is in doubt: one that does not answer in time is dead.</summary>
/// <param name="test">Returns when the server has answered.</param>
internal sealed class LinkTest(Func<CancellationToken, Task> test, TimeProvider time)
{
    private int _isRunning;

    /// <summary>Starts a test, unless one is running.</summary>
    /// <param name="fail">Called if the server does not answer within <see cref="FeedLimits.LinkTest"/>.</param>
    public void Start(Action<Exception> fail, CancellationToken stop)
    {
        if (Interlocked.Exchange(ref _isRunning, 1) == 0) _ = Task.Run(() => RunAsync(fail, stop), CancellationToken.None);
    }

    private async Task RunAsync(Action<Exception> fail, CancellationToken stop)
    {
        try
        {
            await Limits.WithinAsync(FeedLimits.LinkTest, time, "The test of the connection", async limit =>
            {
                // An answer may be awaited by code that does not observe the token.
                await test(limit).WaitAsync(limit).ConfigureAwait(false);
                return true;
            }, stop).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            if (!stop.IsCancellationRequested) fail(failure);
        }
        finally
        {
            Volatile.Write(ref _isRunning, 0);
        }
    }
}
