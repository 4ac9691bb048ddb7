using Realtime.Compare.Measuring;

namespace Realtime.Compare.Statistics;

/// <summary>Names what a contender does wrong: the same words by which the negative controls are known.</summary>
internal static class Findings
{
    public const string Delays = "delays";
    public const string Drops = "drops";
    public const string Doubles = "doubles";
    public const string Strays = "strays";

    // Transports differ by a few milliseconds; this much more, beyond what the rounds spread, is a fault.
    private const double LateMs = 100;

    /// <param name="reference">The same scenario of WebSockets; null: nothing can be said about delays.</param>
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
