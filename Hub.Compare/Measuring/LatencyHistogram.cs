using HdrHistogram;

namespace Realtime.Compare.Measuring;

/// <summary>Counts every duration in microseconds, in steps of at most 0.8 % of the value, in constant memory.</summary>
/// <remarks>Exact below 256 µs. The range is three days; a longer duration counts as that. Not thread-safe.</remarks>
internal sealed class LatencyHistogram
{
    private const int Digits = 2;

    // From 2^38 on, HdrHistogram 2.5.0 with two digits computes the size of its steps in 32 bits, and they overflow.
    private const long Longest = (1L << 38) - 1;

    private readonly LongHistogram _counts = new(Longest, Digits);

    public long Count => _counts.TotalCount;

    /// <summary>The exact maximum; 0 if there are no durations.</summary>
    public long Max { get; private set; }

    /// <param name="micros">Below 0 counts as 0.</param>
    public void Record(long micros)
    {
        micros = Math.Clamp(micros, 0, Longest);
        _counts.RecordValue(micros);
        Max = Math.Max(Max, micros);
    }

    public void Add(LatencyHistogram other)
    {
        _counts.Add(other._counts);
        Max = Math.Max(Max, other.Max);
    }

    /// <summary>The duration that this share of all did not exceed, rounded up to its step; 0 if there are no durations.</summary>
    /// <param name="quantile">0 to 1: 0.99 is p99.</param>
    public long ValueAt(double quantile) => Count == 0 ? 0 : Math.Min(_counts.GetValueAtPercentile(quantile * 100), Max);
}
