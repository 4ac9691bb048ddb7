namespace Realtime.Server.Feed;

/// <summary>
/// A reader with other topics, on its way into a subscription. It succeeds or fails once, and fails when it takes too long.
/// </summary>
internal sealed class ReaderChange : IDisposable
{
    private readonly TaskCompletionSource<bool> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _limit;
    private int _isDecided;
    private readonly CancellationTokenRegistration _giveUp;

    public ReaderChange(Reader reader, TimeProvider time)
    {
        Reader = reader;
        _limit = new(FeedLimits.ChangePatience, time);
        GivenUp = _limit.Token;
        _giveUp = GivenUp.UnsafeRegister(static change => ((ReaderChange)change!).Fail(), this);
    }

    public Reader Reader { get; }

    public CancellationToken GivenUp { get; }

    /// <summary>Whether the subscription has this reader now.</summary>
    public Task<bool> IsDone => _done.Task;

    /// <summary>From now on it cannot be given up. Call <see cref="Succeed"/> when the subscription has the reader, not before.</summary>
    /// <returns>False if the change was given up before.</returns>
    public bool TryDecide() => Interlocked.Exchange(ref _isDecided, 1) == 0;

    /// <summary>The subscription has this reader. Whoever waits goes on, perhaps with the next change.</summary>
    public void Succeed() => _done.TrySetResult(true);

    /// <summary>The subscription has ended: there is nothing to change.</summary>
    public void EndsWithoutIt()
    {
        if (TryDecide()) Succeed();
    }

    public void Fail()
    {
        if (TryDecide()) _done.TrySetResult(false);
    }

    public void Dispose()
    {
        _giveUp.Dispose();
        _limit.Dispose();
    }
}
