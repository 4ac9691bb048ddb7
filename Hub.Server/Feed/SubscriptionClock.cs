using Realtime.Server.Feed.Tails;

namespace Realtime.Server.Feed;

/// <summary>What a subscription does by the clock: heartbeats, the end of its token, another try at the log. One timer for all.</summary>
internal sealed class SubscriptionClock : IDisposable
{
    private readonly Reader _reader;
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
        (_reader, _heartbeat, _wakeUp, _time) = (reader, heartbeat, wakeUp, time);
        _lastItem = time.GetTimestamp();
        // The timer must not carry the request's context along for as long as the reader stays.
        using (ExecutionContext.SuppressFlow())
            _timer = time.CreateTimer(
                static clock => ((SubscriptionClock)clock!).Ring(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public bool TokenExpires => _time.GetUtcNow() >= _reader.ExpiresAt - FeedLimits.ExpiryNotice;

    public bool HeartbeatIsDue => _heartbeat is { } heartbeat && _time.GetElapsedTime(_lastItem) >= heartbeat;

    public void ItemWasTaken()
    {
        if (_heartbeat is not null) _lastItem = _time.GetTimestamp();
    }

    /// <summary>The log could not be read: wake up to try again, even if nothing else happens.</summary>
    public void RetrySoon() => _retry = true;

    /// <summary>Sees to it that the subscription is woken when something is due. A wake-up that comes too early does no harm.</summary>
    public void Arm()
    {
        var due = Due();
        // A timer that goes off before is left alone: moving it back for every notification would cost more than a needless wake-up.
        if (_armed && _armedFor - _time.GetElapsedTime(_armedAt) <= due) return;
        (_armedAt, _armedFor, _armed) = (_time.GetTimestamp(), due, true);
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();

    // Timers count coarser than clocks: this may come a little early, and must then not pass for one that is still to come.
    private void Ring()
    {
        _armed = false;
        _wakeUp.Call();
    }

    private TimeSpan Due()
    {
        var due = _reader.ExpiresAt - FeedLimits.ExpiryNotice - _time.GetUtcNow();
        if (_heartbeat is { } heartbeat) due = Min(due, heartbeat - _time.GetElapsedTime(_lastItem));
        if (_retry) due = Min(due, FeedLimits.LogRetry);
        _retry = false;
        // Timers take at most 49 days; waking up once a day for nothing is free.
        return Min(Max(due, TimeSpan.FromMilliseconds(1)), TimeSpan.FromDays(1));
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
