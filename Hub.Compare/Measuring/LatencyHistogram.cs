using System.Numerics;

namespace Realtime.Compare.Measuring;

/// <summary>Counts durations in microseconds, in steps of at most 0.8 % of the value: every one of them, however many there are.</summary>
/// <remarks>Linear below 128 µs, then 128 steps for every power of two, up to twelve days. Not thread-safe.</remarks>
internal sealed class LatencyHistogram
{
    private const int StepBits = 7;
    private const int Steps = 1 << StepBits;
    private const long Longest = (1L << 40) - 1;

    private readonly long[] _counts = new long[IndexOf(Longest) + 1];

    public long Count { get; private set; }

    /// <summary>The longest, exactly; 0 when there is none.</summary>
    public long Max { get; private set; }

    /// <param name="micros">Below 0 counts as 0.</param>
    public void Record(long micros)
    {
        micros = Math.Clamp(micros, 0, Longest);
        _counts[IndexOf(micros)]++;
        Count++;
        Max = Math.Max(Max, micros);
    }

    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++) _counts[i] += other._counts[i];
        Count += other.Count;
        Max = Math.Max(Max, other.Max);
    }

    /// <summary>The least duration that this share of all did not exceed, rounded up to its step; 0 when there is none.</summary>
    /// <param name="quantile">0 to 1: 0.99 is p99.</param>
    public long ValueAt(double quantile)
    {
        // The small slack: 0.9 of ten is 9, whatever the multiplication says.
        var rank = Math.Max(1, (long)Math.Ceiling(quantile * Count - 1e-9));
        var seen = 0L;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank) return Math.Min(HighestOf(i), Max);
        }
        return Max;
    }

    private static int IndexOf(long micros)
    {
        if (micros < Steps) return (int)micros;
        var shift = BitOperations.Log2((ulong)micros) - StepBits;
        return (shift << StepBits) + (int)(micros >> shift);
    }

    private static long HighestOf(int index)
    {
        if (index < Steps) return index;
        var shift = (index >> StepBits) - 1;
        return ((long)((index & (Steps - 1)) + Steps + 1) << shift) - 1;
    }
}
