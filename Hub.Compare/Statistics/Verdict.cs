namespace Realtime.Compare.Statistics;

/// <summary>What may be said of a figure against the same figure of another contender.</summary>
internal static class Verdict
{
    /// <summary>An interval from fewer rounds than this spreads too little to mean anything: no difference is claimed from it.</summary>
    public const int FewestRounds = 3;

    public const string NoDifference = "no difference measured";
    public const string TooFewRounds = "too few rounds to tell";
    public const string Less = "less";
    public const string More = "more";

    public static string Of(Interval mine, Interval reference, int rounds)
    {
        if (rounds < FewestRounds) return TooFewRounds;
        if (mine.Overlaps(reference)) return NoDifference;
        return mine.Median < reference.Median ? Less : More;
    }
}
