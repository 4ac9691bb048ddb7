using Realtime.Compare.Measuring;

namespace Realtime.Compare.Statistics;

/// <summary>A figure of one contender: its interval, and what it is in terms of WebSockets'.</summary>
/// <param name="Ratio">Null where WebSockets has no such figure, or it is zero; also for WebSockets itself, and for differences.</param>
/// <param name="Verdict">One of <see cref="Statistics.Verdict"/>; null for WebSockets itself, where it is not about a difference.</param>
internal sealed record FigureSummary(Figure Figure, Interval Interval, IReadOnlyList<double> Rounds, Interval? Ratio, string? Verdict);

/// <summary>One contender in one scenario, over all rounds.</summary>
/// <param name="LoadBound">In most rounds: the medians are not to be trusted.</param>
/// <param name="Latency">Of all rounds together; null where it is not what was measured.</param>
internal sealed record ScenarioSummary(
    string Scenario, int Lost, int Doubled, int Astray, int Refused, bool Delivers, bool LoadBound, LatencyHistogram? Latency,
    IReadOnlyList<FigureSummary> Figures)
{
    public FigureSummary? Of(Figure figure) => Figures.FirstOrDefault(summary => summary.Figure == figure);
}
