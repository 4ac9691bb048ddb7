namespace Realtime.Compare.Statistics;

/// <summary>A median, and the bounds that the rounds leave for it.</summary>
internal readonly record struct Interval(double Low, double Median, double High)
{
    public bool Overlaps(Interval other) => Low <= other.High && other.Low <= High;
}
