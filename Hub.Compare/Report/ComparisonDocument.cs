using Realtime.Compare.Contenders;
using Realtime.Compare.Measuring;
using Realtime.Compare.Scenarios;
using Realtime.Compare.Statistics;

namespace Realtime.Compare.Report;

/// <summary>comparison.json: the table and the page are also made from it.</summary>
/// <param name="Complete">False if the run ended early (by Ctrl-C, or out of time on a slow machine) and has fewer rounds than asked
/// for.</param>
internal sealed record ComparisonDocument(
    Machine Machine, Conditions Conditions, bool Complete, IReadOnlyList<ContenderDocument> Contenders,
    IReadOnlyList<ControlDocument> Controls,
    IReadOnlyList<string> Advice, IReadOnlyList<FigureDocument> Figures, IReadOnlyList<MeaningDocument> Scenarios)
{
    public static ComparisonDocument Of(Summary summary, CompareOptions options, Machine machine, bool complete) => new(
        machine, Conditions.Of(options), complete, [.. summary.Contenders.Select(ContenderDocument.Of)],
        [.. summary.Controls.Select(control => new ControlDocument(
            control.Contender.Name, control.Sabotage, control.IsCaught, control.Found, ContenderDocument.Of(control.Contender).Scenarios))],
        Report.Advice.From(summary),
        [.. Figure.All.Select(figure => new FigureDocument(figure.Key, figure.Title, figure.Unit, figure.Meaning))],
        [.. ScenarioCatalog.All.Select(scenario => new MeaningDocument(scenario.Name, scenario.Meaning))]);
}

/// <param name="Beside">The other servers that were measured.</param>
/// <param name="Command">Repeats this measurement, as long as the defaults stay the same.</param>
internal sealed record Conditions(
    string Command, string Server, int Readers, double Rate, double DurationSeconds, int PayloadBytes, int Seed, int Rounds,
    double PollEverySeconds,
    IReadOnlyList<string> Transports, IReadOnlyList<string> Beside, IReadOnlyList<string> Scenarios)
{
    public static Conditions Of(CompareOptions options) => new(
        $"dotnet run -c Release --project Hub.Compare{(options.Given.Length > 0 ? " -- " : "")}{options.Given}",
        options.Url?.AbsoluteUri
        ?? (options.Nodes > 1 ? $"{options.Nodes} nodes on Redis behind nginx, round robin" : "own, embedded store"), options.Readers,
        options.Rate, options.Duration.TotalSeconds, options.PayloadBytes, options.Seed, options.Rounds,
        PollingContender.Interval.TotalSeconds, options.Transports, options.Beside, options.Scenarios);
}

internal sealed record ContenderDocument(string Name, IReadOnlyList<ScenarioDocument> Scenarios)
{
    public static ContenderDocument Of(ContenderSummary contender) =>
        new(contender.Name, [.. contender.Scenarios.Select(ScenarioDocument.Of)]);
}

/// <param name="Latency">The distribution over all rounds; null if the scenario does not measure latency.</param>
internal sealed record ScenarioDocument(
    string Name, int Lost, int Doubled, int Astray, int Refused, bool Delivers, bool LoadBound, IReadOnlyDictionary<string,
    ValueDocument> Figures, IReadOnlyList<LatencyPoint>? Latency)
{
    // Approaches 1 in even steps of the remaining distance: as many points between 99 % and 99.9 % as between 0 and 90 %.
    private static readonly double[] Quantiles = [.. Enumerable.Range(0, 61).Select(step => 1 - Math.Pow(10, -step / 20.0))];

    public static ScenarioDocument Of(ScenarioSummary scenario) => new(
        scenario.Scenario, scenario.Lost, scenario.Doubled, scenario.Astray, scenario.Refused, scenario.Delivers, scenario.LoadBound,
        scenario.Figures.ToDictionary(figure => figure.Figure.Key, ValueDocument.Of),
        scenario.Latency is { Count: > 0 } latency
        ? [.. Quantiles.Select(quantile => new LatencyPoint(quantile, latency.ValueAt(quantile) / 1000.0))]
        : null);
}

/// <param name="RatioToWebSockets">The ratio of the medians; null if there is none.</param>
internal sealed record ValueDocument(
    double Median, double Low, double High, IReadOnlyList<double> Rounds, double? RatioToWebSockets, double? RatioLow, double? RatioHigh,
    string? Verdict)
{
    public static ValueDocument Of(FigureSummary figure) => new(
        figure.Interval.Median, figure.Interval.Low, figure.Interval.High, figure.Rounds, figure.Ratio?.Median, figure.Ratio?.Low,
        figure.Ratio?.High, figure.Verdict);
}

internal sealed record LatencyPoint(double Quantile, double Ms);

/// <param name="Found">The faults that the measurement found; must contain <paramref name="Sabotage"/>.</param>
internal sealed record ControlDocument(
    string Name, string Sabotage, bool Caught, IReadOnlyList<string> Found, IReadOnlyList<ScenarioDocument> Scenarios);

internal sealed record FigureDocument(string Key, string Title, string Unit, string Meaning);

/// <summary>The description of a scenario.</summary>
internal sealed record MeaningDocument(string Name, string Meaning);
