using System.Net.Sockets;
using Realtime.Compare;
using Realtime.Compare.Report;
using Realtime.Compare.Statistics;
using Spectre.Console;

// 1 · Options — 2 · Rounds of sessions (Comparison) — 3 · Statistics (Summary) — 4 · Table, JSON, HTML (Report)
return await CommandLine.Create(RunAsync).Parse(args).InvokeAsync(new()
{
    // After Ctrl-C, the results so far are still written.
    ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
});

static async Task<int> RunAsync(CompareOptions options, CancellationToken cancel)
{
    var time = TimeProvider.System;
    Results results;
    try
    {
        results = await Screen.FollowAsync(progress => new Comparison(options, time, progress).RunAsync(cancel));
    }
    catch (Exception failure) when (failure is InvalidOperationException or TimeoutException or HttpRequestException or SocketException)
    {
        AnsiConsole.MarkupLineInterpolated($"[red]{failure.Message}[/]");
        return 1;
    }
    catch (OperationCanceledException) when (cancel.IsCancellationRequested)
    {
        AnsiConsole.MarkupLine("Ended before the first round was measured: there is nothing to report.");
        return 130;
    }
    var summary = Summary.Of(results, options.Seed);
    var document = ComparisonDocument.Of(summary, options, Machine.Describe(time), results.IsComplete);
    Screen.Show(summary, document);
    // also after Ctrl-C
    await Files.WriteAsync(document, options.Markdown ? MarkdownTable.Of(summary, document) : null, options.Out, CancellationToken.None);
    return cancel.IsCancellationRequested ? 130 : 0;
}
