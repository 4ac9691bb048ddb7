namespace Realtime.Tests.Support;

/// <summary>
/// A clock that only a test moves. Timers and time-outs made from it fire inside <see cref="Advance"/>, in order of their due time.
/// </summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];   // guarded by _gate
    private DateTimeOffset _wall;                       // guarded by _gate
    private long _ticks;                                // guarded by _gate; of the monotonic clock, 100 ns each

    public ManualTime(DateTimeOffset? start = null) => _wall = start ?? new DateTimeOffset(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Unix milliseconds: what a log stamps.</summary>
    public long Milliseconds => GetUtcNow().ToUnixTimeMilliseconds();

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate) return _wall;
    }

    public override long GetTimestamp()
    {
        lock (_gate) return _ticks;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>
    /// Lets time pass. Everything that becomes due is called from here, at its own time, also if it was scheduled during the call.
    /// </summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        long target;
        lock (_gate) target = _ticks + by.Ticks;
        while (true)
        {
            ManualTimer? next;
            lock (_gate)
            {
                next = NextDueBy(target);
                MoveTo(next is null ? target : Math.Max(next.Due, _ticks));
                next?.Rearm();
            }
            if (next is null) return;
            next.Fire();
        }
    }

    /// <summary>Sets the wall clock, as an operator or NTP does: it may step backwards, and no timer notices.</summary>
    public void StepTo(DateTimeOffset wall)
    {
        lock (_gate) _wall = wall;
    }

    private ManualTimer? NextDueBy(long target)
    {
        ManualTimer? first = null;
        foreach (var timer in _timers)
        {
            if (timer.Due <= target && (first is null || timer.Due < first.Due)) first = timer;
        }
        return first;
    }

    private void MoveTo(long ticks)
    {
        if (ticks <= _ticks) return;   // another thread has advanced further in between
        _wall = _wall.AddTicks(ticks - _ticks);
        _ticks = ticks;
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        /// <summary>On the monotonic clock; only meaningful while the timer is in the list.</summary>
        public long Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
                _period = period;
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                Due = time._ticks + dueTime.Ticks;
                time._timers.Add(this);
            }
            return true;
        }

        /// <summary>Under the clock's lock: due again one period later, or never.</summary>
        public void Rearm()
        {
            if (_period > TimeSpan.Zero) Due += _period.Ticks;
            else time._timers.Remove(this);
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (time._gate) time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
