using System.Globalization;
using Realtime.Compare.Contenders;
using Realtime.Compare.Measuring;
using Realtime.Compare.Statistics;
using Spectre.Console;

namespace Realtime.Compare.Report;

/// <summary>The output in the terminal.</summary>
internal static class Screen
{
    private const int PipeWidth = 130, WidthOfPeer = 25;

    private static readonly Figure[] Rows =
    [
        Figure.P50, Figure.P99, Figure.Longest, Figure.DeliveredPerSecond, Figure.BytesDown, Figure.BytesUp, Figure.Requests,
        Figure.ServerCpu, Figure.Sustained, Figure.FailedConnects, Figure.SubscribedWithoutAffinity, Figure.Forwarded,
        Figure.ExtraLatency, Figure.ExtraP90, Figure.ExtraCpu,
        Figure.ConnectsPerSecond, Figure.ConnectionsPerReader, Figure.RequestsPerConnect, Figure.MemoryPerConnection, Figure.IdleCpu,
        Figure.IdleBytesPerSecond, Figure.HeldConnections, Figure.CatchUp, Figure.LostAtCut, Figure.ThroughBuffering,
        Figure.ServedOverSix, Figure.LostWhileIdle, Figure.LoadBusy, Figure.OthersBusy,
    ];

    public static Task<Results> FollowAsync(Func<Compare.Progress, Task<Results>> measure) => Console.IsOutputRedirected
        // A progress bar needs a terminal; a redirected log gets one line per step.
        ? measure((done, now) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done,4:0%} {now}")))
        : FollowBarAsync(measure);

    private static Task<Results> FollowBarAsync(Func<Compare.Progress, Task<Results>> measure) => AnsiConsole.Progress()
        .Columns(new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(),
            new TaskDescriptionColumn { Alignment = Justify.Left })
        .StartAsync(async screen =>
        {
            var bar = screen.AddTask("starting", maxValue: 1);
            var results = await measure((done, now) => (bar.Value, bar.Description) = (done, Markup.Escape(now)));
            bar.Value = results.IsComplete ? 1 : bar.Value;
            return results;
        });

    public static void Show(Summary summary, ComparisonDocument document)
    {
        var peers = summary.Contenders.Count(contender => AllContenders.Peers.Any(peer => peer.Name == contender.Name));
        // A pipe has no width, and the default of 80 is too narrow for five contenders.
        if (Console.IsOutputRedirected)
            (AnsiConsole.Profile.Width, AnsiConsole.Profile.Capabilities.Ansi) = (PipeWidth + WidthOfPeer * peers, false);
        var machine = document.Machine;
        AnsiConsole.MarkupLineInterpolated(
            $"{machine.Processor}, {machine.Processors} processors, {machine.System}, {machine.Runtime}, {machine.Build}");
        AnsiConsole.MarkupLineInterpolated($"{document.Conditions.Command}");
        AnsiConsole.MarkupLine($"Medians of the rounds. {Cells.Key}; *: the load side was the limit.");
        var scenarios = summary.Contenders.SelectMany(contender => contender.Scenarios).Select(scenario => scenario.Scenario).Distinct();
        foreach (var scenario in scenarios) AnsiConsole.Write(TableOf(scenario, summary));
        foreach (var control in summary.Controls)
        {
            var verdict = control.IsCaught ? "caught" : "NOT CAUGHT";
            AnsiConsole.MarkupLineInterpolated($"control: {control.Contender.Name}: {verdict} (found: {string.Join(", ", control.Found)})");
        }
        foreach (var sentence in document.Advice) AnsiConsole.MarkupLineInterpolated($"• {sentence}");
        if (!document.Complete) AnsiConsole.MarkupLine("Ended early: fewer rounds than asked for.");
    }

    private static Table TableOf(string scenario, Summary summary)
    {
        var columns = summary.Contenders.Select(contender => (contender.Name, Scenario: contender.Of(scenario)!))
            .Where(column => column.Scenario is not null).ToList();
        var table = new Table().Title(scenario).AddColumn("");
        foreach (var (name, _) in columns) table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var figure in Rows.Where(figure => columns.Any(column => column.Scenario.Of(figure) is not null)))
            Add($"{figure.Title} [{figure.Unit}]",
                columns.Select(column => Cells.Of(column.Scenario.Of(figure))
                + (column.Scenario.LoadBound && figure == Figure.Sustained ? " *" : "")));
        if (columns.Any(column => column.Scenario.Delivers))
        {
            Add("lost", columns.Select(column => Cells.Text(column.Scenario.Lost)));
            Add("doubled", columns.Select(column => Cells.Text(column.Scenario.Doubled)));
        }
        return table;

        void Add(string title, IEnumerable<string> cells) => table.AddRow([.. cells.Prepend(title).Select(Markup.Escape)]);
    }
}
