using Realtime.Compare.Measuring;

namespace Realtime.Compare.Statistics;

/// <summary>A figure of one contender: its interval, and its comparison with WebSockets.</summary>
/// <param name="Ratio">Null if WebSockets has no such figure, or it is zero; also for WebSockets itself, and for differences.</param>
/// <param name="Verdict">One of <see cref="Statistics.Verdict"/>; null for WebSockets itself, unless the figure is a difference.</param>
internal sealed record FigureSummary(Figure Figure, Interval Interval, IReadOnlyList<double> Rounds, Interval? Ratio, string? Verdict);

/// <summary>One contender in one scenario, over all rounds.</summary>
/// <param name="LoadBound">True if the load side was the bottleneck in most rounds: the medians are then not reliable.</param>
/// <param name="Latency">Of all rounds together; null if latency is not measured.</param>
internal sealed record ScenarioSummary(
    string Scenario, int Lost, int Doubled, int Astray, int Refused, bool Delivers, bool LoadBound, LatencyHistogram? Latency,
    IReadOnlyList<FigureSummary> Figures)
{
    public FigureSummary? Of(Figure figure) => Figures.FirstOrDefault(summary => summary.Figure == figure);
}
