namespace Realtime.Tests.Client.Waking;

/// <summary>The clocks of a machine that slept: they jump, by amounts of their own, while its timers stood still.</summary>
internal sealed class SleepyClock : TimeProvider
{
    private long _monotonic, _wall;     // the sum of all jumps, in ticks of 100 ns

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Sleep(TimeSpan monotonic, TimeSpan wall)
    {
        Interlocked.Add(ref _monotonic, monotonic.Ticks);
        Interlocked.Add(ref _wall, wall.Ticks);
    }

    public override long GetTimestamp() => System.GetElapsedTime(0).Ticks + Interlocked.Read(ref _monotonic);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _wall));
}
