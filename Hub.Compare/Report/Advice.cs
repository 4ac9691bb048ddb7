using System.Globalization;
using Realtime.Compare.Contenders;
using Realtime.Compare.Measuring;
using Realtime.Compare.Scenarios;
using Realtime.Compare.Statistics;

namespace Realtime.Compare.Report;

/// <summary>Sentences that follow from the figures, and only from them.</summary>
internal static class Advice
{
    // Below a fifth more nobody notices, whatever the intervals say.
    private const double Noticeable = 1.2;

    public static IReadOnlyList<string> From(Summary summary) => [.. Warnings(summary), .. Choices(summary)];

    private static IEnumerable<string> Warnings(Summary summary)
    {
        foreach (var control in summary.Controls.Where(control => !control.IsCaught))
            yield return $"Do not trust this run: a contender that {control.Sabotage} was not caught.";
        foreach (var contender in summary.Contenders)
        {
            foreach (var scenario in contender.Scenarios)
            {
                if (scenario.Lost + scenario.Doubled + scenario.Astray > 0)
                    yield return $"Do not use {contender.Name} before this is understood: in {scenario.Scenario} {scenario.Lost} deliveries were lost, {scenario.Doubled} doubled, {scenario.Astray} went astray.";
                if (scenario.LoadBound)
                    yield return $"{contender.Name}, {scenario.Scenario}: the load side was the bottleneck; measure again with a lower --rate or on a machine with more processors.";
            }
        }
    }

    private static IEnumerable<string> Choices(Summary summary)
    {
        if (summary.Reference?.Of(Programme.Steady.Name) is not { } reference) yield break;
        var others = summary.Contenders.Where(contender => contender.Name != Field.Reference)
            .Select(contender => (contender.Name, Steady: contender.Of(Programme.Steady.Name))).Where(other => other.Steady is not null).ToList();
        foreach (var (name, steady) in others)
        {
            var latency = Words("latency (p50)", steady!.Of(Figure.P50));
            var bytes = Words("bytes", steady.Of(Figure.BytesDown));
            var cpu = Words("server CPU", steady.Of(Figure.ServerCpu));
            yield return $"{name} against {Field.Reference}: {string.Join(", ", new[] { latency, bytes, cpu }.OfType<string>())}.";
        }
        var held = summary.Contenders.Where(contender => contender.Of("buffering-proxy")?.Of(Figure.ThroughBuffering)?.Interval.Median < 50)
            .Select(contender => contender.Name).ToList();
        if (held.Count > 0) yield return $"Not through a proxy that holds event streams back: {string.Join(", ", held)}. Have another way to fall back to.";
        var sound = others.Where(other => other.Steady!.Lost + other.Steady.Doubled + other.Steady.Astray == 0).ToList();
        var near = sound.Where(other => IsNear(other.Steady!)).Select(other => other.Name).ToList();
        if (reference.Lost + reference.Doubled + reference.Astray > 0) yield break;
        yield return near.Count > 0
            ? $"Not noticeably slower than {Field.Reference} here: {string.Join(", ", near)}. Choose among them by what your readers and proxies support."
            : $"No other way was as fast as {Field.Reference} here: use it where it passes, and the others where it does not.";
    }

    private static bool IsNear(ScenarioSummary steady) => steady.Of(Figure.P50) is { } latency
        && (latency.Verdict is Verdict.NoDifference or Verdict.Less || latency.Verdict == Verdict.More && latency.Ratio?.Median < Noticeable);

    private static string? Words(string what, FigureSummary? figure) => figure?.Verdict switch
    {
        null => null,
        Verdict.Less or Verdict.More when figure.Ratio is { } ratio => string.Create(CultureInfo.InvariantCulture, $"{ratio.Median:0.00} times the {what}"),
        var verdict => $"{what}: {verdict}",
    };
}
