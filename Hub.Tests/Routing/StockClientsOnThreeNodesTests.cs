using System.Diagnostics;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>The stock npm clients, which know nothing of nodes, through balancers that spread every request.</summary>
[CancelAfter(240_000)]
internal sealed class StockClientsOnThreeNodesTests
{
    private const string Folder = "Hub.Tests/StockClients";

    // Small, so that a gap is quick to provoke.
    private const string RetentionCount = "40";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly AsyncDisposables _started = new();
    private readonly Dictionary<string, Balancer> _balancers = [];

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Requires.NpmPackages(Folder);
        var redis = _started.Add(await RedisServers.StartAsync());
        var settings = new Dictionary<string, string> { ["Hub:Retention:Count"] = RetentionCount };
        var nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Node.StartAsync(redis, settings)));
        foreach (var node in nodes) _started.Add(node);
        int[] ports = [.. nodes.Select(node => node.Server.Port)];
        _balancers["nginx"] = _started.Add(await Balancer.StartNginxAsync(ports));
        _balancers["HAProxy"] = _started.Add(await Balancer.StartHaProxyAsync(ports));
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    [TestCase("nginx")]
    [TestCase("HAProxy")]
    public Task They_connect_stream_and_acknowledge_every_time(string balancer) => RunAsync(balancer, "rounds.mjs", "40");

    [TestCase("nginx")]
    [TestCase("HAProxy")]
    public Task They_find_the_whole_contract_kept(string balancer) => RunAsync(balancer, "walk.mjs");

    private async Task RunAsync(string balancer, params string[] arguments)
    {
        var start = new ProcessStartInfo(Requires.Command("node"), arguments) { WorkingDirectory = Repository.PathOf(Folder) };
        start.Environment["HUB_URLS"] = _balancers[balancer].Address.GetLeftPart(UriPartial.Authority);
        start.Environment["HUB_SIGNING_KEY"] = Tokens.SigningKey;
        start.Environment["HUB_RETENTION_COUNT"] = RetentionCount;
        using var node = ChildProcess.Start(start);
        var code = await node.ExitAsync(Limit, TestContext.CurrentContext.CancellationToken);
        Assert.That(
            code, Is.Zero, string.Join('\n', node.Output.Split('\n').Where(line => !line.StartsWith("ok ", StringComparison.Ordinal))));
        await TestContext.Out.WriteLineAsync(node.Output);
    }
}
