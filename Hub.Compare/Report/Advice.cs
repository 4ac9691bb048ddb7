using System.Globalization;
using Realtime.Compare.Contenders;
using Realtime.Compare.Measuring;
using Realtime.Compare.Scenarios;
using Realtime.Compare.Statistics;

namespace Realtime.Compare.Report;

/// <summary>Derives recommendations from the figures, and only from them.</summary>
internal static class Advice
{
    // A difference below a fifth is not noticeable, whatever the intervals say.
    private const double Noticeable = 1.2;

    private const double NoticeableOthers = 20;   // percent of all processors

    public static IReadOnlyList<string> From(Summary summary) =>
        [.. Warnings(summary), .. Choices(summary), .. Limits(summary), .. Forwarding(summary)];

    private static IEnumerable<string> Warnings(Summary summary)
    {
        foreach (var control in summary.Controls.Where(control => !control.IsCaught))
            yield return $"Do not trust this run: a contender that {control.Sabotage} was not caught.";
        var others = summary.Contenders.Select(
            contender => contender.Of(ScenarioCatalog.Steady.Name)?.Of(Figure.OthersBusy)?.Interval.Median).Max();
        if (others > NoticeableOthers)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"Something else used up to {others:0} % of this machine's processors: absolute figures are worse than they need be, and "
                + $"intervals wider. Ratios hold, since all contenders had their turns in it.");
        foreach (var contender in summary.Contenders)
        {
            foreach (var scenario in contender.Scenarios)
            {
                if (scenario is { Lost: > 0, Doubled: 0, Astray: 0 } && !AllContenders.CatchesUp(contender.Name))
                    yield return $"{contender.Name} keeps nothing for a reader that is away: in {scenario.Scenario} {scenario.Lost} "
                        + "deliveries were lost.";
                else if (scenario.Lost + scenario.Doubled + scenario.Astray > 0)
                    yield return $"Do not use {contender.Name} before this is understood: in {scenario.Scenario} "
                        + $"{scenario.Lost} deliveries were lost, {scenario.Doubled} doubled, {scenario.Astray} went astray.";
                if (scenario.LoadBound && scenario.Of(Figure.Sustained) is { } sustained)
                    yield return string.Create(CultureInfo.InvariantCulture,
                        $"{contender.Name}, {scenario.Scenario}: the load side and whatever else shares the machine were the limit: the "
                        + $"server can take more than {sustained.Interval.Median:#,0} a second.");
            }
        }
        var bound = summary.Contenders.SelectMany(
            contender => contender.Scenarios, (contender, scenario) => (contender.Name, Scenario: scenario))
            .Where(one => one.Scenario.LoadBound && one.Scenario.Of(Figure.Sustained) is null)
            .GroupBy(one => one.Scenario.Scenario, one => one.Name);
        foreach (var scenario in bound)
            yield return $"{scenario.Key}: the load side was the bottleneck for {string.Join(", ", scenario)}; measure again with a lower "
                + "--rate or on a machine with more processors.";
    }

    private static IEnumerable<string> Choices(Summary summary)
    {
        if (summary.Reference?.Of(ScenarioCatalog.Steady.Name) is not { } reference) yield break;
        var others = summary.Contenders.Where(contender => contender.Name != AllContenders.Reference)
            .Select(contender => (contender.Name, Steady: contender.Of(ScenarioCatalog.Steady.Name)))
            .Where(other => other.Steady is not null).ToList();
        if (others.Exists(other => other.Steady!.Of(Figure.P50)?.Verdict == Verdict.TooFewRounds))
        {
            yield return "Too few rounds to compare anything: give it a longer --duration, or a machine that does nothing else.";
            yield break;
        }
        foreach (var (name, steady) in others)
        {
            var latency = Words("latency (p50)", steady!.Of(Figure.P50));
            var bytes = Words("bytes", steady.Of(Figure.BytesDown));
            var cpu = Words("server CPU", steady.Of(Figure.ServerCpu));
            yield return $"{name} against {AllContenders.Reference}: {string.Join(", ", new[] { latency, bytes, cpu }.OfType<string>())}.";
        }
        var sound = others.Where(other => AllContenders.CatchesUp(other.Name)
            && other.Steady!.Lost + other.Steady.Doubled + other.Steady.Astray == 0).ToList();
        var near = sound.Where(other => IsNear(other.Steady!)).Select(other => other.Name).ToList();
        if (reference.Lost + reference.Doubled + reference.Astray > 0 || others.Count == 0) yield break;
        yield return near.Count > 0
            ? $"Not noticeably slower than {AllContenders.Reference} here: {string.Join(", ", near)}. Choose among them by what your "
            + "readers and proxies support."
            : $"No other way was as fast as {AllContenders.Reference} here: use it where it passes, and the others where it does not.";
    }

    /// <summary>What a transport cannot do, whatever its figures are.</summary>
    private static IEnumerable<string> Limits(Summary summary)
    {
        var held = Those(summary, Figure.ThroughBuffering, share => share < 50);
        if (held.Length > 0) yield return $"Not through a proxy that holds event streams back: {held}. Have another way to fall back to.";
        var starved = Those(summary, Figure.ServedOverSix, share => share < 100);
        if (starved.Length > 0)
            yield return $"Not in many tabs of one browser over HTTP/1.1, unless the tabs share a connection: {starved}. Over HTTP/2 "
                + "there is no such limit.";
        foreach (var contender in summary.Contenders)
            if (contender.Of(ScenarioCatalog.NoAffinity.Name)?.Of(Figure.FailedConnects)?.Interval.Median is > 0 and var failed)
                yield return string.Create(CultureInfo.InvariantCulture,
                    $"{contender.Name} needs a proxy with affinity: without it, {failed:0} % of its connects failed.");
        var cut = Those(summary, Figure.LostWhileIdle, lost => lost > 0);
        if (cut.Length > 0) yield return $"Cut by a proxy that closes idle connections after 60 s, and back by itself: {cut}.";
    }

    private static IEnumerable<string> Forwarding(Summary summary)
    {
        foreach (var contender in summary.Contenders)
        {
            if (contender.Of(ScenarioCatalog.NoAffinity.Name) is not { } spread
                || spread.Of(Figure.Forwarded) is not { Interval.Median: > 0 } share) continue;
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{contender.Name} without affinity: {share.Interval.Median:0} % of its requests were sent on to another node. Latency "
                + $"(p50): {Extra(spread.Of(Figure.ExtraLatency), "ms")}; CPU: "
                + $"{Extra(spread.Of(Figure.ExtraCpu), "s per 100,000 deliveries")}.");
        }
    }

    private static string Extra(FigureSummary? figure, string unit) => figure switch
    {
        null => "not measured",
        { Verdict: Verdict.Less or Verdict.More } =>
            string.Create(CultureInfo.InvariantCulture,
                $"{figure.Interval.Median:+0.00;-0.00} {unit} ({figure.Interval.Low:+0.00;-0.00} to {figure.Interval.High:+0.00;-0.00})"),
        _ => figure.Verdict!,
    };

    private static string Those(Summary summary, Figure figure, Func<double, bool> isSo) => string.Join(", ", summary.Contenders
        .Where(contender => contender.Scenarios.Any(scenario => scenario.Of(figure) is { } found && isSo(found.Interval.Median)))
        .Select(contender => contender.Name));

    private static bool IsNear(ScenarioSummary steady) => steady.Of(Figure.P50) is { } latency
        && (latency.Verdict is Verdict.NoDifference or Verdict.Less || latency.Verdict == Verdict.More
            && latency.Ratio?.Median < Noticeable);

    private static string? Words(string what, FigureSummary? figure) => figure?.Verdict switch
    {
        null => null,
        Verdict.Less or Verdict.More when figure.Ratio is { } ratio =>
            string.Create(CultureInfo.InvariantCulture, $"{ratio.Median:0.00} times the {what}"),
        var verdict => $"{what}: {verdict}",
    };
}
