namespace Realtime.Server.Redis;

/// <summary>The time by which a procedure of several calls must have ended.</summary>
internal readonly struct Deadline(TimeSpan limit, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>Never negative.</summary>
    public TimeSpan Left => time.GetElapsedTime(_start) is var gone && gone < limit ? limit - gone : TimeSpan.Zero;
}
