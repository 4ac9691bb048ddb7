namespace Realtime.Compare.Statistics;

/// <summary>A median and between what bounds it would lie in 95 of 100 repetitions of the same rounds.</summary>
internal readonly record struct Interval(double Low, double Median, double High)
{
    public bool Overlaps(Interval other) => Low <= other.High && other.Low <= High;

    /// <summary>The same in terms of another figure's median.</summary>
    public Interval Over(double reference) => new(Low / reference, Median / reference, High / reference);
}
