using Realtime.Compare.Contenders;
using Realtime.Compare.Measuring;
using Realtime.Compare.Scenarios;

namespace Realtime.Compare.Statistics;

internal sealed record ContenderSummary(string Name, IReadOnlyList<ScenarioSummary> Scenarios)
{
    public ScenarioSummary? Of(string scenario) => Scenarios.FirstOrDefault(summary => summary.Scenario == scenario);
}

/// <param name="Sabotage">Its fault, and therefore what must be found.</param>
/// <param name="Found">The faults that were found.</param>
internal sealed record ControlSummary(ContenderSummary Contender, string Sabotage, IReadOnlyList<string> Found)
{
    public bool IsCaught => Found.Contains(Sabotage);
}

/// <summary>The summary of all rounds.</summary>
internal sealed record Summary(IReadOnlyList<ContenderSummary> Contenders, IReadOnlyList<ControlSummary> Controls)
{
    public ContenderSummary? Reference => Contenders.FirstOrDefault(contender => contender.Name == AllContenders.Reference);

    public static Summary Of(Results results, int seed)
    {
        var contenders = AllContenders.WithPeers.Where(contender => results.Keys.Any(key => key.Contender == contender.Name))
            .Select(contender => Of(results, contender.Name, seed)).ToList();
        var reference = results.Of(AllContenders.Reference, ScenarioCatalog.Steady.Name).Count > 0
            ? contenders.First(contender => contender.Name == AllContenders.Reference)
            : null;
        var controls = AllContenders.Controls.OfType<SabotagedContender>()
            .Where(control => results.Keys.Any(key => key.Contender == control.Name))
            .Select(control => (control.Kind, Summary: Of(results, control.Name, seed)))
            .Select(control => new ControlSummary(
                control.Summary, control.Kind.ToString()
                .ToLowerInvariant(),
                Findings.Of(control.Summary.Of(ScenarioCatalog.Steady.Name)!, reference?.Of(ScenarioCatalog.Steady.Name))));
        return new(contenders, [.. controls]);
    }

    private static ContenderSummary Of(Results results, string contender, int seed) => new(contender,
    [
        .. ScenarioCatalog.All.Where(scenario => results.Of(contender, scenario.Name).Count > 0)
            .Select(scenario => Of(scenario.Name, results.Of(contender, scenario.Name), contender == AllContenders.Reference ? []
                : results.Of(AllContenders.Reference, scenario.Name), contender == AllContenders.Reference, seed)),
    ]);

    private static ScenarioSummary Of(
        string scenario, IReadOnlyList<Measured> mine, IReadOnlyList<Measured> reference, bool isReference, int seed)
    {
        var histograms = mine.Select(round => round.Latency).OfType<LatencyHistogram>().ToList();
        LatencyHistogram? latency = null;
        foreach (var histogram in histograms) (latency ??= new()).Add(histogram);
        return new(scenario, mine.Sum(round => round.Lost), mine.Sum(round => round.Doubled), mine.Sum(round => round.Astray),
            mine.Sum(round => round.Refused),
            mine.Any(round => round.Delivers), mine.Count(round => round.LoadBound) * 2 > mine.Count, latency,
            [.. Figure.All.Where(figure => mine.Any(round => round.Figures.ContainsKey(figure)))
                .Select(figure => Of(figure, mine, reference, isReference, seed))]);
    }

    private static FigureSummary Of(
        Figure figure, IReadOnlyList<Measured> mine, IReadOnlyList<Measured> reference, bool isReference, int seed)
    {
        var rounds = Values(mine, figure);
        var interval = Bootstrap.MedianOf(rounds, seed);
        var others = Values(reference, figure);
        if (figure.Compared == Compared.AsDifference)
            return new(figure, interval, rounds, null, Verdict.OfDifference(interval, rounds.Count));
        if (isReference || others.Count == 0) return new(figure, interval, rounds, null, null);
        var other = Bootstrap.MedianOf(others, seed);
        return new(figure, interval, rounds, Bootstrap.RatioOf(rounds, others, seed), figure.Compared == Compared.AsCount
            ? Verdict.OfCount(interval.Median, other.Median)
            : Verdict.Of(interval, other, Math.Min(rounds.Count, others.Count)));
    }

    private static List<double> Values(IReadOnlyList<Measured> rounds, Figure figure) =>
        [.. rounds.Where(round => round.Figures.ContainsKey(figure)).Select(round => round.Figures[figure])];
}
