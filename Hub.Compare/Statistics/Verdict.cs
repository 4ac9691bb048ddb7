namespace Realtime.Compare.Statistics;

/// <summary>The result of comparing a figure with the same figure of another contender.</summary>
internal static class Verdict
{
    /// <summary>
    /// With fewer rounds, no difference is claimed. By chance, three rounds all lie above, or all below, three others of the same kind in 1
    /// of 10 cases; with four rounds, in 1 of 35.
    /// </summary>
    public const int FewestRounds = 4;

    public const string NoDifference = "no difference measured";
    public const string TooFewRounds = "too few rounds to tell";
    public const string Less = "less";
    public const string More = "more";

    /// <param name="mine">The difference between the two.</param>
    public static string OfDifference(Interval mine, int rounds)
    {
        if (rounds < FewestRounds) return TooFewRounds;
        return mine switch { { Low: > 0 } => More, { High: < 0 } => Less, _ => NoDifference };
    }

    /// <summary>For a figure that is the same every time.</summary>
    public static string OfCount(double mine, double reference) =>
        mine.CompareTo(reference) switch { > 0 => More, < 0 => Less, _ => NoDifference };

    public static string Of(Interval mine, Interval reference, int rounds)
    {
        if (rounds < FewestRounds) return TooFewRounds;
        if (mine.Overlaps(reference)) return NoDifference;
        return mine.Median < reference.Median ? Less : More;
    }
}
