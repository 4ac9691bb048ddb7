namespace Realtime.Client.Feed;

/// <summary>Cancels a token when a time has come, by the feed's clock. The time may be moved until then.</summary>
/// <remarks>A <see cref="CancellationTokenSource"/> of .NET Framework knows only the system's clock.</remarks>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly ITimer _timer;

    public Deadline(TimeProvider time, TimeSpan after) =>
        _timer = time.CreateTimer(static over => Cancel((CancellationTokenSource)over!), _over, after, Timeout.InfiniteTimeSpan);

    public CancellationToken Token => _over.Token;

    public bool IsOver => _over.IsCancellationRequested;

    /// <param name="after">From now on; <see cref="Timeout.InfiniteTimeSpan"/> for never.</param>
    public void Move(TimeSpan after)
    {
        try
        {
            _timer.Change(after, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // Its user has ended; .NET Framework says so.
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _over.Dispose();
    }

    private static void Cancel(CancellationTokenSource over)
    {
        try
        {
            over.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The timer fired while its deadline was being disposed.
        }
    }
}
