using System.Globalization;
using Realtime.Compare.Measuring;
using Realtime.Compare.Statistics;

namespace Realtime.Compare.Report;

/// <summary>Formats figures for text tables.</summary>
internal static class Cells
{
    /// <summary>Explains <see cref="Of"/>.</summary>
    public const string Key = "×: times the one of WebSockets; =: no difference measured; ?: too few rounds to tell";

    /// <summary>The median, and the ratio to WebSockets if there is one: "=" means that no difference was measured.</summary>
    public static string Of(FigureSummary? figure)
    {
        if (figure is null) return "–";
        var text = Text(figure.Interval.Median);
        return figure switch
        {
            { Figure.Compared: Compared.AsCount, Ratio: { Median: not 1 } ratio } => $"{text} ×{Text(ratio.Median)}",
            { Figure.Compared: Compared.AsCount } => text,
            { Verdict: Verdict.NoDifference } => $"{text} =",
            { Verdict: Verdict.TooFewRounds } => $"{text} ?",
            { Verdict: not null, Ratio: { } ratio } => $"{text} ×{Text(ratio.Median)}",
            _ => text,
        };
    }

    public static string Text(double value) => Math.Abs(value) switch
    {
        >= 100 or 0 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00", CultureInfo.InvariantCulture),
    };
}
