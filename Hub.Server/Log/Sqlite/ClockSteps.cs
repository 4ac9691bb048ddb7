namespace Realtime.Server.Log.Sqlite;

/// <summary>
/// Detects that the wall clock was set while the process runs: it moved differently from the monotonic clock. Used on the writer's thread.
/// </summary>
internal sealed class ClockSteps(TimeProvider time)
{
    /// <summary>A smaller difference is drift, or NTP at work: ages follow it.</summary>
    public const long LeastMilliseconds = 60_000;

    private (long Wall, long Ticks)? _last;

    /// <summary>By how many milliseconds the clock was set, until the store has recorded it; negative if set back.</summary>
    public long Unrecorded { get; private set; }

    /// <summary>Reads both clocks.</summary>
    /// <returns>The wall clock, Unix milliseconds.</returns>
    public long Look()
    {
        var now = (Wall: time.GetUtcNow().ToUnixTimeMilliseconds(), Ticks: time.GetTimestamp());
        if (_last is { } last)
        {
            var step = now.Wall - last.Wall - (long)time.GetElapsedTime(last.Ticks, now.Ticks).TotalMilliseconds;
            if (Math.Abs(step) > LeastMilliseconds) Unrecorded += step;
        }
        _last = now;
        return now.Wall;
    }

    public void Recorded() => Unrecorded = 0;
}
