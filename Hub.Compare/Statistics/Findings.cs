using Realtime.Compare.Measuring;

namespace Realtime.Compare.Statistics;

/// <summary>Names the faults of a contender, in the same words as the negative controls.</summary>
internal static class Findings
{
    public const string Delays = "delays";
    public const string Drops = "drops";
    public const string Doubles = "doubles";
    public const string Strays = "strays";

    // Transports differ by a few milliseconds; a delay above this, beyond the spread of the rounds, is a fault.
    private const double LateMs = 100;

    /// <param name="reference">The same scenario for WebSockets; null: delays cannot be judged.</param>
    public static IReadOnlyList<string> Of(ScenarioSummary mine, ScenarioSummary? reference)
    {
        var found = new List<string>();
        if (mine.Lost > 0) found.Add(Drops);
        if (mine.Doubled > 0) found.Add(Doubles);
        if (mine.Astray > 0) found.Add(Strays);
        if (mine.Of(Figure.P50) is { } latency && reference?.Of(Figure.P50) is { } usual
            && latency.Interval.Low > usual.Interval.High && latency.Interval.Median > usual.Interval.Median + LateMs) found.Add(Delays);
        return found;
    }
}
