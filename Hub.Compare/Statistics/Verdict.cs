namespace Realtime.Compare.Statistics;

/// <summary>What may be said of a figure against the same figure of another contender.</summary>
internal static class Verdict
{
    /// <summary>
    /// From fewer rounds no difference is claimed: three of one kind all lie above three of the same kind one time in ten, four one time in
    /// 35.
    /// </summary>
    public const int FewestRounds = 4;

    public const string NoDifference = "no difference measured";
    public const string TooFewRounds = "too few rounds to tell";
    public const string Less = "less";
    public const string More = "more";

    /// <param name="mine">A difference between the two.</param>
    public static string OfDifference(Interval mine, int rounds)
    {
        if (rounds < FewestRounds) return TooFewRounds;
        return mine switch { { Low: > 0 } => More, { High: < 0 } => Less, _ => NoDifference };
    }

    /// <summary>Of what is the same every time.</summary>
    public static string OfCount(double mine, double reference) =>
        mine.CompareTo(reference) switch { > 0 => More, < 0 => Less, _ => NoDifference };

    public static string Of(Interval mine, Interval reference, int rounds)
    {
        if (rounds < FewestRounds) return TooFewRounds;
        if (mine.Overlaps(reference)) return NoDifference;
        return mine.Median < reference.Median ? Less : More;
    }
}
