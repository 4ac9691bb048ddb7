using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Realtime.Tests.Conventions;
using Realtime.Tests.Delivery;
using Realtime.Tests.Deploy;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Telemetry;

/// <summary>What operators load into Prometheus and Grafana works on what nodes really show.</summary>
[CancelAfter(180_000)]
internal sealed partial class PrometheusTests
{
    private const string Alerts = "deploy/alerts.yaml", Board = "deploy/grafana/realtime.json";

    private readonly AsyncDisposables _started = new();
    private readonly List<Uri> _metrics = [];
    private PrometheusServer _prometheus = null!;
    private HashSet<string> _names = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Requires.Command("prometheus");
        var cancel = TestContext.CurrentContext.CancellationToken;
        var redis = _started.Add(await RedisServers.StartAsync());
        foreach (var inCluster in (bool[])[false, true])
        {
            var (setting, address) = Scrape.NewAddress();
            _metrics.Add(address);
            var settings = new Dictionary<string, string> { ["Hub:Metrics:Address"] = setting };
            await UseAsync(inCluster
                ? _started.Add(await Node.StartAsync(redis, settings, cancel: cancel)).Server
                : _started.Add(await TestServer.StartAsync(settings, cancel)), cancel);
        }
        _prometheus = _started.Add(await PrometheusServer.StartAsync(_metrics));
        await Eventually.True("Prometheus has scraped both nodes twice", async () =>
            (await _prometheus.QueryAsync("count_over_time(realtime_node_ready{job=\"hub\"}[1m]) >= 2", cancel)).Count == 2, cancel);
        _names = [.. (await _prometheus.AskAsync("/api/v1/label/__name__/values", cancel)).GetProperty("data").EnumerateArray()
            .Select(name => name.GetString()!)];
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    [Test]
    public async Task Prometheus_scrapes_the_nodes_without_a_complaint(CancellationToken cancel)
    {
        var targets = (await _prometheus.AskAsync("/api/v1/targets", cancel)).GetProperty("data").GetProperty("activeTargets");
        Assert.That(targets.EnumerateArray().Select(target => $"{target.GetProperty("health")} {target.GetProperty("lastError")}"),
            Is.EqualTo(["up ", "up "]));
        Assert.That(await _prometheus.QueryAsync("realtime_publishes_total{outcome=\"stored\"} > 0", cancel), Has.Count.EqualTo(2));
        Assert.That(_prometheus.Output, Does.Not.Contain("level=error").And.Not.Contain("level=warn"));
    }

    [TestCaseSource(nameof(BoardQueries))]
    public async Task A_panel_queries_what_exists(string panel, string query)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        Assert.That(NamesIn(query).Except(_names), Is.Empty, panel);
        var series = await _prometheus.QueryAsync(
            query.Replace("$__rate_interval", "1m", StringComparison.Ordinal).Replace("$job", "hub", StringComparison.Ordinal)
            .Replace("$instance", ".*", StringComparison.Ordinal), cancel);
        Assert.That(series, Is.Not.Empty, $"{panel}: {query}");
    }

    [Test]
    public void The_board_shows_every_instrument()
    {
        var shown = BoardQueries().SelectMany(panel => NamesIn((string)panel.Arguments[1]!)).Select(WithoutSuffix).ToHashSet();
        var listed = new Document("docs/metrics.md").Table("instrument").Select(row => row[1].Trim('`'));
        Assert.That(listed.Where(name => !shown.Contains(name)), Is.Empty);
    }

    [TestCaseSource(nameof(AlertRules))]
    public void An_alert_queries_what_exists_and_is_a_row_of_the_runbook(string alert, string query)
    {
        Assert.That(NamesIn(query).Except(_names), Is.Empty);
        Assert.That(NamesIn(query), Is.Not.Empty);
        Assert.That(new Document("deploy/RUNBOOK.md").Table("alert").Select(row => row[0].Trim('`')), Has.One.EqualTo(alert));
    }

    [Test]
    public async Task Prometheus_has_loaded_the_alerts_and_none_is_firing(CancellationToken cancel)
    {
        var rules = (await _prometheus.AskAsync("/api/v1/rules", cancel)).GetProperty("data").GetProperty("groups")[0].GetProperty("rules");
        Assert.That(rules.EnumerateArray().Select(rule => rule.GetProperty("name").GetString()),
            Is.EquivalentTo(AlertRules().Select(rule => rule.Arguments[0])));
        Assert.That(rules.EnumerateArray().Select(rule => rule.GetProperty("state").GetString()), Is.All.EqualTo("inactive"));
        Assert.That(new Document("deploy/RUNBOOK.md").Table("alert").Select(row => row[0].Trim('`')),
            Is.EquivalentTo(AlertRules().Select(rule => rule.Arguments[0])), "no row is left over");
    }

    [Test]
    public async Task The_unit_tests_of_the_alerts_pass_and_name_each_alert(CancellationToken cancel)
    {
        using var promtool = ChildProcess.Start(new ProcessStartInfo(
            Requires.Command("promtool"), ["test", "rules", Repository.PathOf("deploy/alerts.test.yaml")]));
        Assert.That(await promtool.ExitAsync(TimeSpan.FromSeconds(30), cancel), Is.Zero, promtool.Output);
        var fires = Yaml.Read("deploy/alerts.test.yaml")[0]["tests"]!.AsArray().SelectMany(test => test!["alert_rule_test"]!.AsArray())
            .Where(test => test!["exp_alerts"]!.AsArray().Count > 0).Select(test => test!["alertname"]!.GetValue<string>());
        Assert.That(fires, Is.SupersetOf(AlertRules().Select(rule => rule.Arguments[0])), "each alert fires in one of them");
    }

    [Test]
    public async Task Promtool_finds_no_fault_in_our_metrics(CancellationToken cancel)
    {
        // Our series and the comments that describe them.
        var ours = string.Join('\n', (await Scrape.OfAsync(_metrics[1], cancel)).Text.Split('\n')
            .Where(line => line.StartsWith("realtime_", StringComparison.Ordinal)
                || line.Contains(" realtime_", StringComparison.Ordinal)));
        using var promtool = ChildProcess.Start(new ProcessStartInfo(Requires.Command("promtool"), ["check", "metrics"]), keepInput: true);
        await promtool.WriteLineAsync(ours);
        promtool.CloseInput();
        Assert.That(await promtool.ExitAsync(TimeSpan.FromSeconds(30), cancel), Is.Zero, promtool.Output);
    }

    /// <summary>One publish that a reader gets live, so that every histogram has a value.</summary>
    private static async Task UseAsync(ServerProcess server, CancellationToken cancel)
    {
        await using var reader = await EventStreamReceiver.ConnectAsync(server.Address, Tokens.For("alice"), "latest", cancel);
        await reader.TakeAsync(1, cancel);
        await server.PublishAsync("alice", "order 1", cancel);
        await reader.TakeAsync(1, cancel);
    }

    private static IEnumerable<TestCaseData> BoardQueries()
    {
        using var board = JsonDocument.Parse(File.ReadAllText(Repository.PathOf(Board)));
        foreach (var panel in board.RootElement.GetProperty("panels").EnumerateArray())
        {
            if (!panel.TryGetProperty("targets", out var targets)) continue;
            foreach (var target in targets.EnumerateArray())
                yield return new(panel.GetProperty("title").GetString(), target.GetProperty("expr").GetString());
        }
    }

    private static IEnumerable<TestCaseData> AlertRules() =>
        from rule in Yaml.Read(Alerts)[0]["groups"]![0]!["rules"]!.AsArray()
        select new TestCaseData(rule["alert"]!.GetValue<string>(), rule["expr"]!.GetValue<string>());

    private static IEnumerable<string> NamesIn(string query) => Name().Matches(query).Select(match => match.Value).Distinct();

    private static string WithoutSuffix(string name) => Suffix().Replace(name, "");

    [GeneratedRegex(@"\b(realtime|kestrel|dotnet|signalr|http_server|process)_\w+")]
    private static partial Regex Name();

    [GeneratedRegex("_(bucket|count|sum)$")]
    private static partial Regex Suffix();
}
