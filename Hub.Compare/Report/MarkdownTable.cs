using System.Globalization;
using System.Text;
using Realtime.Compare.Measuring;
using Realtime.Compare.Statistics;

namespace Realtime.Compare.Report;

/// <summary>
/// comparison.md: a short form of the results for a README, including the command and the machine, which must be published with it.
/// </summary>
internal static class MarkdownTable
{
    /// <summary>The figures that get a row, if they were measured.</summary>
    public static IReadOnlyList<(string Scenario, Figure Figure)> Rows { get; } =
    [
        ("steady", Figure.P50), ("steady", Figure.P99), ("steady", Figure.BytesDown), ("steady", Figure.ServerCpu),
            ("ramp", Figure.Sustained),
        ("connect-storm", Figure.ConnectsPerSecond), ("cut", Figure.CatchUp), ("cut", Figure.LostAtCut),
            ("idle", Figure.MemoryPerConnection),
        ("buffering-proxy", Figure.ThroughBuffering), ("six-connections", Figure.ServedOverSix), ("no-affinity", Figure.FailedConnects),
        ("no-affinity", Figure.SubscribedWithoutAffinity), ("no-affinity", Figure.Forwarded), ("no-affinity", Figure.ExtraLatency),
    ];

    public static string Of(Summary summary, ComparisonDocument document)
    {
        var (machine, conditions) = (document.Machine, document.Conditions);
        var rounds = summary.Reference?.Of("steady")?.Of(Figure.P50)?.Rounds.Count ?? conditions.Rounds;
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture,
            $"`{conditions.Command}`, {machine.MeasuredAt[..10]}, {machine.Processors} processors ({machine.Processor}):");
        text.AppendLine(CultureInfo.InvariantCulture, $"medians of {rounds} rounds. {Cells.Key}.").AppendLine();
        Row(text, "figure", summary.Contenders.Select(contender => contender.Name));
        Row(text, "---", summary.Contenders.Select(_ => "---"));
        foreach (var (scenario, figure) in Rows)
        {
            var cells = summary.Contenders.Select(contender => contender.Of(scenario)?.Of(figure)).ToList();
            if (cells.Exists(cell => cell is not null)) Row(text, Title(scenario, figure), cells.Select(Cells.Of));
        }
        text.AppendLine();
        foreach (var sentence in document.Advice) text.AppendLine(CultureInfo.InvariantCulture, $"* {sentence}");
        return text.ToString();
    }

    public static string Title(string scenario, Figure figure) => $"{scenario}: {figure.Title}, {figure.Unit}";

    private static void Row(StringBuilder text, string title, IEnumerable<string> cells) =>
        text.AppendLine(CultureInfo.InvariantCulture, $"| {string.Join(" | ", cells.Prepend(title))} |");
}
