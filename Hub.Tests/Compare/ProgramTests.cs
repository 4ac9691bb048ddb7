using System.Diagnostics;
using System.Text.Json;
using Microsoft.Playwright;
using Realtime.Compare;
using Realtime.Compare.Measuring;
using Realtime.Compare.Report;
using Realtime.Compare.Server;
using Realtime.Compare.Statistics;
using Realtime.Tests.Support;

namespace Realtime.Tests.Compare;

/// <summary>The program as it is started by hand.</summary>
[CancelAfter(180_000)]
internal sealed class ProgramTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("hub-compare-test-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task It_measures_and_writes_both_files_into_the_working_directory(CancellationToken cancel)
    {
        using var program = Start("--duration", "4", "--rounds", "1", "--readers", "3", "--rate", "100", "--scenario", "steady",
            "--transports", "WebSockets", "Polling");
        Assert.That(await program.ExitAsync(Limit, cancel), Is.Zero, program.Output);

        using var results = Results();
        var root = results.RootElement;
        Assert.Multiple(() =>
        {
            Assert.That(Names(root.GetProperty("contenders")), Is.EqualTo("WebSockets Polling"));
            foreach (var contender in root.GetProperty("contenders").EnumerateArray())
            {
                var scenario = contender.GetProperty("scenarios").EnumerateArray().Single();
                Assert.That(scenario.GetProperty("name").GetString(), Is.EqualTo("steady"));
                Assert.That(scenario.GetProperty("lost").GetInt32(), Is.Zero);
                Assert.That(scenario.GetProperty("doubled").GetInt32(), Is.Zero);
            }
            Assert.That(root.GetProperty("machine").GetProperty("processors").GetInt32(), Is.EqualTo(Environment.ProcessorCount));
            Assert.That(root.GetProperty("controls").EnumerateArray().Select(control => control.GetProperty("caught").GetBoolean()),
                Has.Exactly(3).True.And.None.False, program.Output);
            Assert.That(root.GetProperty("advice").EnumerateArray()
                .Select(line => line.GetString()), Has.Some.StartsWith("Too few rounds to compare anything"));
        });

        var page = await File.ReadAllTextAsync(Path.Combine(_folder, "comparison.html"), cancel);
        Assert.Multiple(() =>
        {
            Assert.That(page, Does.Contain("\"contenders\":[{\"name\":\"WebSockets\""));
            Assert.That(page, Does.Not.Match("(src|href)="), "nothing is loaded from elsewhere");
            Assert.That(page, Does.Not.Contain("/*charts.js*/").And.Not.Contain("/*document*/"));
        });
    }

    [Test]
    public async Task It_measures_a_server_that_is_there_already(CancellationToken cancel)
    {
        await using var server = await OwnServer.StartAsync(ServerProgram.Hub, TimeProvider.System, cancel);
        using var program = Start(
            "--url", server.Address.AbsoluteUri, "--token", server.Tokens.Publisher(), "--duration", "1", "--rounds", "1", "--readers", "2",
            "--transports", "WebSockets", "--scenario", "steady", "fan-out", "--out", "results");
        Assert.That(await program.ExitAsync(Limit, cancel), Is.Zero, program.Output);
        using var results = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, "results", "comparison.json"), cancel));
        var scenarios = results.RootElement.GetProperty("contenders")[0].GetProperty("scenarios");
        Assert.That(Names(scenarios), Is.EqualTo("steady fan-out"));
        foreach (var scenario in scenarios.EnumerateArray())
        {
            Assert.That(scenario.GetProperty("lost").GetInt32(), Is.Zero);
            Assert.That(scenario.GetProperty("figures")
                .TryGetProperty(Figure.ServerCpu.Key, out _), Is.False, "another machine's CPU is not known");
        }
        Assert.That(results.RootElement.GetProperty("conditions").GetProperty("command")
            .GetString(), Does.Contain($"--url {server.Address.AbsoluteUri} --token … --duration"), "a token is not shown");
    }

    [Test]
    public async Task It_measures_other_servers_beside_the_hub(CancellationToken cancel)
    {
        using var program = Start("--duration", "4", "--rounds", "1", "--readers", "3", "--rate", "100", "--scenario", "steady", "cut",
            "--transports", "WebSockets", "--beside", "stock", "bare", "--markdown");
        Assert.That(await program.ExitAsync(Limit, cancel), Is.Zero, program.Output);
        using var results = Results();
        var contenders = results.RootElement.GetProperty("contenders");
        Assert.That(Names(contenders), Is.EqualTo("WebSockets StockWebSockets StockServerSentEvents StockLongPolling Bare"));
        foreach (var contender in contenders.EnumerateArray())
        {
            var isHub = contender.GetProperty("name").GetString() == "WebSockets";
            var (steady, cut) = (contender.GetProperty("scenarios")[0], contender.GetProperty("scenarios")[1]);
            Assert.That(steady.GetProperty("lost").GetInt32(), Is.Zero);
            Assert.That(Median(cut, Figure.LostAtCut), isHub ? Is.Zero : Is.GreaterThan(20));
        }
        Assert.That(results.RootElement.GetProperty("advice").EnumerateArray().Select(line => line.GetString()),
            Has.Some.StartsWith("Bare keeps nothing for a reader that is away").And.None.StartsWith("Do not use"));
        Assert.That(File.ReadAllText(Path.Combine(_folder, "comparison.md")), Does.Match(
            @"\| cut: lost at a cut, % \| 0 \| \d+"));
    }

    [Test]
    public async Task It_measures_several_nodes_behind_a_proxy_without_affinity(CancellationToken cancel)
    {
        Requires.Command("redis-server");
        Requires.Command("nginx");
        using var program = Start("--nodes", "3", "--quick", "--duration", "1", "--rounds", "1", "--readers", "6", "--scenario",
            "no-affinity", "--markdown", "--transports", "WebSockets", "LongPolling");
        Assert.That(await program.ExitAsync(Limit, cancel), Is.Zero, program.Output);
        using var results = Results();
        var scenarios = results.RootElement.GetProperty("contenders").EnumerateArray()
            .Select(contender => contender.GetProperty("scenarios")[0]).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(scenarios, Has.Count.EqualTo(2));
            foreach (var scenario in scenarios)
                Assert.That((scenario.GetProperty("lost").GetInt32(), scenario.GetProperty("doubled").GetInt32()), Is.EqualTo((0, 0)));
            Assert.That(Median(scenarios[0], Figure.Forwarded), Is.Zero, "a WebSocket is opened where it lands");
            Assert.That(Median(scenarios[1], Figure.Forwarded), Is.InRange(30, 80), "two of three, but for negotiations");
            Assert.That(scenarios[1].GetProperty("figures").TryGetProperty(Figure.ExtraLatency.Key, out _));
            Assert.That(results.RootElement.GetProperty("conditions").GetProperty("server").GetString(), Does.StartWith("3 nodes"));
            Assert.That(File.ReadAllText(Path.Combine(_folder, "comparison.md")),
                Does.StartWith("`dotnet run -c Release --project Hub.Compare -- --nodes 3 --quick").And.Contain(
                    "| no-affinity: forwarded, % | 0 | "));
        });
    }

    [TestCase(ColorScheme.Light)]
    [TestCase(ColorScheme.Dark)]
    public async Task The_page_draws_itself_without_a_network(ColorScheme scheme)
    {
        Requires.NpmPackages("Hub.Server/Dashboard/app");   // the charts
        await using var chromium = await Chromium.LaunchAsync();
        var results = new Results();
        var latency = new LatencyHistogram();
        for (var ms = 1; ms <= 100; ms++) latency.Record(ms * 1_000);
        for (var round = 0; round < Verdict.FewestRounds; round++)
        {
            results.Add("WebSockets", "steady", new() { Latency = latency, Figures = { [Figure.P50] = 50 } });
            results.Add("EventSource", "steady", new() { Latency = latency, Lost = 1, Figures = { [Figure.P50] = 100 + round } });
        }
        var options = new CompareOptions
        {
            Out = new(_folder),
            Transports = ["WebSockets", "EventSource"],
            Beside = ["bare"],
            Scenarios = ["steady"],
            Readers = 1,
            Rate = 1,
            Duration = Limit,
            PayloadBytes = 0,
            Seed = 1,
            Rounds = 3,
        };
        var machine = Machine.Describe(TimeProvider.System) with { System = "</script><b id=injected>" };
        await Files.WriteAsync(
            ComparisonDocument.Of(Summary.Of(results, 1), options, machine, complete: true), null, options.Out, CancellationToken.None);

        var page = await chromium.NewPageAsync(new() { ColorScheme = scheme, Offline = true });
        var errors = new List<string>();
        page.PageError += (_, error) => errors.Add(error);
        await page.GotoAsync(new Uri(Path.Combine(_folder, "comparison.html")).AbsoluteUri);
        await page.GetByRole(AriaRole.Heading, new() { Name = "How to read it" }).WaitForAsync();
        var text = await page.InnerTextAsync("main");
        Assert.Multiple(() =>
        {
            Assert.That(errors, Is.Empty);
            Assert.That(text, Does.Contain("×2.03 (2 – 2.06)").And.Contain("Do not use EventSource before this is understood"));
            Assert.That(text, Does.Contain("Bare reads an event stream"));
        });
        Assert.That(await page.Locator("canvas").CountAsync(), Is.EqualTo(1), "one distribution");
        Assert.That(await page.Locator("#injected").CountAsync(), Is.Zero);
        Assert.That(await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"),
            Is.EqualTo(scheme == ColorScheme.Dark ? "rgb(20, 24, 29)" : "rgb(251, 251, 249)"));
    }

    [Test]
    public async Task Ctrl_C_ends_it_with_what_there_is(CancellationToken cancel)
    {
        Requires.Signals();
        using var program = Start(
            "--duration", "600", "--readers", "2", "--scenario", "connect-storm", "steady", "--transports", "EventSource");
        await Eventually.True(
            "a scenario has been measured", () => program.Output.Contains("EventSource, steady", StringComparison.Ordinal), Limit, cancel);
        program.Send(Signal.Interrupt);
        Assert.That(await program.ExitAsync(Limit, cancel), Is.EqualTo(130), program.Output);
        Assert.That(program.Output, Does.Contain("Ended early"));
        using var results = Results();
        Assert.That(results.RootElement.GetProperty("complete").GetBoolean(), Is.False);
        Assert.That(Names(results.RootElement.GetProperty("contenders")), Is.EqualTo("EventSource"));
    }

    [Test]
    public async Task Help_explains_every_figure_and_its_unit(CancellationToken cancel)
    {
        using var program = Start("--help");
        Assert.That(await program.ExitAsync(Limit, cancel), Is.Zero);
        foreach (var figure in Figure.All) Assert.That(program.Output, Does.Contain($"{figure.Title} [{figure.Unit}]"));
    }

    [TestCase("must be a whole number from 1 to 2000; it is '0'", "--readers", "0")]
    [TestCase("must be a whole number from 1 to 10000; it is 'many'", "--rate", "many")]
    [TestCase("give both or neither", "--token", "x")]
    [TestCase("at most 150 with --url", "--url", "http://x", "--token", "x", "--readers", "151")]
    [TestCase("give one of them", "--url", "http://x", "--token", "x", "--nodes", "3")]
    [TestCase("--beside starts servers", "--url", "http://x", "--token", "x", "--beside", "stock")]
    [TestCase("add --nodes 3", "--scenario", "no-affinity")]
    [TestCase("leave out --url", "--url", "http://x", "--token", "x", "--scenario", "idle")]
    [TestCase("is not a JWT with a sub", "--url", "http://localhost:1", "--token", "x")]
    [TestCase("begins with http://", "--url", "ftp://x", "--token", "x")]
    public async Task A_wrong_option_is_refused_with_what_it_should_be(string reason, params string[] arguments)
    {
        using var program = Start(arguments);
        Assert.That(await program.ExitAsync(Limit), Is.Not.Zero);
        Assert.That(program.Output, Does.Contain(reason));
        Assert.That(Directory.GetFiles(_folder), Is.Empty);
    }

    private ChildProcess Start(params string[] arguments) => ChildProcess.Start(
        new ProcessStartInfo(
            DotNetHost.Path, [Repository.BuildOutputOf("Hub.Compare"), .. arguments])
        { WorkingDirectory = _folder }.Interruptible());

    private static double Median(JsonElement scenario, Figure figure) =>
        scenario.GetProperty("figures").GetProperty(figure.Key).GetProperty("median").GetDouble();

    private JsonDocument Results() => JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "comparison.json")));

    private static string Names(JsonElement list) =>
        string.Join(' ', list.EnumerateArray().Select(element => element.GetProperty("name").GetString()));
}
