namespace Realtime.Compare.Statistics;

/// <summary>A median and its confidence bounds.</summary>
internal readonly record struct Interval(double Low, double Median, double High)
{
    public bool Overlaps(Interval other) => Low <= other.High && other.Low <= High;
}
