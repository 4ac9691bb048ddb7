using Realtime.Server.Feed.Tails;

namespace Realtime.Server.Feed;

/// <summary>
/// The timed events of a subscription: heartbeats, the expiry of its token, the next retry of the log. One timer for all.
/// </summary>
internal sealed class SubscriptionClock : IDisposable
{
    private readonly TimeSpan? _heartbeat;
    private readonly TimeProvider _time;
    private readonly WakeUp _wakeUp;
    private readonly ITimer _timer;
    private long _lastItem;
    private long _armedAt;
    private TimeSpan _armedFor;
    private volatile bool _armed;
    private bool _retry;

    public SubscriptionClock(Reader reader, TimeSpan? heartbeat, WakeUp wakeUp, TimeProvider time)
    {
        (Reader, _heartbeat, _wakeUp, _time) = (reader, heartbeat, wakeUp, time);
        _lastItem = time.GetTimestamp();
        // The timer must not hold the request's execution context for as long as the reader stays.
        using (ExecutionContext.SuppressFlow())
            _timer = time.CreateTimer(
                static clock => ((SubscriptionClock)clock!).Ring(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public Reader Reader { get; set; }

    public bool TokenExpires => _time.GetUtcNow() >= Reader.ExpiresAt - FeedLimits.ExpiryNotice;

    public bool HeartbeatIsDue => _heartbeat is { } heartbeat && _time.GetElapsedTime(_lastItem) >= heartbeat;

    public void ItemWasTaken()
    {
        if (_heartbeat is not null) _lastItem = _time.GetTimestamp();
    }

    /// <summary>The log could not be read: wake up to retry, even if nothing else happens.</summary>
    public void RetrySoon() => _retry = true;

    /// <summary>Wakes the subscription when something is due. An early wake-up does no harm.</summary>
    public void Arm()
    {
        var due = Due();
        // A timer that fires earlier stays as it is: moving it for every notification would cost more than a needless wake-up.
        if (_armed && _armedFor - _time.GetElapsedTime(_armedAt) <= due) return;
        (_armedAt, _armedFor, _armed) = (_time.GetTimestamp(), due, true);
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();

    // A timer may fire slightly before its time is due; clear the flag so that Arm sets it again.
    private void Ring()
    {
        _armed = false;
        _wakeUp.Call();
    }

    private TimeSpan Due()
    {
        var due = Reader.ExpiresAt - FeedLimits.ExpiryNotice - _time.GetUtcNow();
        if (_heartbeat is { } heartbeat) due = Min(due, heartbeat - _time.GetElapsedTime(_lastItem));
        if (_retry) due = Min(due, FeedLimits.LogRetry);
        _retry = false;
        // Timers take at most 49 days; a needless wake-up once a day costs nothing.
        return Min(Max(due, TimeSpan.FromMilliseconds(1)), TimeSpan.FromDays(1));
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
