namespace Realtime.Compare.Statistics;

/// <summary>Percentile bootstrap of a median: draws rounds again and again from those that were run, and looks how far their medians spread.</summary>
internal static class Bootstrap
{
    private const int Draws = 2_000;
    private const double Outside = 0.025;   // on either side: 95 % lie within

    /// <param name="rounds">One figure per round, at least one. The same seed gives the same interval.</param>
    public static Interval MedianOf(IReadOnlyList<double> rounds, int seed)
    {
        if (rounds.Count == 0) throw new ArgumentException("No rounds: there is nothing to take a median of.", nameof(rounds));
        var random = new Random(seed);
        var medians = new double[Draws];
        var drawn = new double[rounds.Count];
        for (var i = 0; i < Draws; i++)
        {
            for (var j = 0; j < drawn.Length; j++) drawn[j] = rounds[random.Next(rounds.Count)];
            medians[i] = Median(drawn);
        }
        Array.Sort(medians);
        return new(medians[(int)(Draws * Outside)], Median([.. rounds]), medians[(int)(Draws * (1 - Outside))]);
    }

    /// <summary>Sorts what it is given.</summary>
    private static double Median(double[] values)
    {
        Array.Sort(values);
        var middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
