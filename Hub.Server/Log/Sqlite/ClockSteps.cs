namespace Realtime.Server.Log.Sqlite;

/// <summary>
/// Notices that the wall clock was set while the process runs: it moved otherwise than the monotonic clock did. Of the writer's thread.
/// </summary>
internal sealed class ClockSteps(TimeProvider time)
{
    /// <summary>What is less is drift, or NTP at work: ages follow it.</summary>
    public const long LeastMilliseconds = 60_000;

    private (long Wall, long Ticks)? _last;

    /// <summary>By how many milliseconds the clock was set, as long as the store does not know it; negative: back.</summary>
    public long Unrecorded { get; private set; }

    /// <summary>Looks at the clocks.</summary>
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
