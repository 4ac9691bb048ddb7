namespace Realtime.Server.Feed;

/// <summary>
/// A reader with other topics, on its way into a subscription. It succeeds or fails once, and fails when it takes too long.
/// </summary>
internal sealed class ReaderChange : IDisposable
{
    private readonly TaskCompletionSource<bool> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _limit;
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

    /// <returns>False if the change was given up before.</returns>
    public bool TrySucceed() => _done.TrySetResult(true);

    public void Fail() => _done.TrySetResult(false);

    public void Dispose()
    {
        _giveUp.Dispose();
        _limit.Dispose();
    }
}
