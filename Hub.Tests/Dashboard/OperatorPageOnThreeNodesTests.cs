using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Dashboard;

/// <summary>The operator's page of three nodes on Redis, through a balancer.</summary>
[CancelAfter(120_000)]
internal sealed class OperatorPageOnThreeNodesTests
{
    private static readonly string[] AllReady = ["ready", "ready", "ready"];

    private readonly AsyncDisposables _started = new();
    private Chromium _chromium = null!;
    private IRedisServer _redis = null!;
    private Node[] _nodes = null!;
    private Balancer _balancer = null!;

    [SetUp]
    public async Task StartAsync()
    {
        Requires.Command("node");
        _chromium = _started.Add(await Chromium.LaunchAsync());
        _redis = _started.Add(await RedisServers.StartAsync());
        _nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Node.StartAsync(_redis)));
        foreach (var node in _nodes) _started.Add(node);
        _balancer = _started.Add(await Balancer.StartNginxAsync([.. _nodes.Select(node => node.Server.Port)]));
    }

    [TearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    [Test]
    public async Task It_is_told_of_all_nodes_and_an_announcement_reaches_pages_on_other_nodes(CancellationToken cancel)
    {
        // One through the balancer, and one on each node.
        var addresses = _nodes.Select(node => node.Address).Prepend(_balancer.Address).ToList();
        var pages = new List<OperatorPage>();
        foreach (var address in addresses) pages.Add(_started.Add(await OpenAsync(address)));
        foreach (var page in pages)
        {
            await page.ShowsAsync(AllReady, cancel);
            await page.IsToldAsync(cancel);
        }
        var names = (await pages[0].NodesAsync()).Select(node => node.Name).ToList();
        Assert.That(names, Is.Ordered.Using((IComparer<string>)StringComparer.Ordinal));
        foreach (var page in pages)
            Assert.That((await page.NodesAsync()).Select(node => node.Name), Is.EqualTo(names), "in the same order everywhere");
        await pages[0].AnnounceAsync("to all");
        foreach (var page in pages)
        {
            await page.IsAnnouncedAsync("to all", cancel);
            Assert.That(page.Complaints, Is.Empty);
        }
    }

    [Test]
    public async Task While_Redis_is_away_it_asks_and_no_node_seems_to_be_gone(CancellationToken cancel)
    {
        var page = _started.Add(await OpenAsync(_balancer.Address));
        await page.ShowsAsync(AllReady, cancel);
        await page.IsToldAsync(cancel);
        await page.WatchAsync();
        await _redis.KillAsync();
        await page.AsksAsync(cancel);
        await page.AsksAsync(cancel);
        await _redis.StartAgainAsync();
        await page.IsToldAsync(cancel);
        var nodes = await page.NodesAsync();
        Assert.That(await page.LooksAsync(), Is.EqualTo([string.Join(", ", nodes.Select(node => $"{node.Name} ready"))]),
            "from before to afterwards the list has not changed");
    }

    [Test]
    public async Task A_node_that_has_gone_is_silent_for_a_minute_and_then_forgotten(CancellationToken cancel)
    {
        var page = _started.Add(await OpenAsync(_balancer.Address, clock: true));
        await page.ShowsAsync(AllReady, cancel);
        var before = (await page.NodesAsync()).Select(node => node.Name).ToList();
        await _nodes[0].Server.KillAsync();
        await page.ShowsAsync(["ready", "ready", "silent"], cancel);
        Assert.That((await page.NodesAsync()).Select(node => node.Name), Is.EqualTo(before), "it keeps its place");

        // Shorter than the time after which the stock client considers the connection lost.
        await page.Page.Clock.FastForwardAsync(25_000);
        await page.ShowsAsync(["ready", "ready", "silent"], cancel);
        await page.Page.Clock.FastForwardAsync(25_000);
        await page.ShowsAsync(["ready", "ready", "silent"], cancel);
        await page.Page.Clock.FastForwardAsync(25_000);
        await page.ShowsAsync(["ready", "ready"], cancel);
        var gone = before.Except((await page.NodesAsync()).Select(node => node.Name)).Single();
        Assert.That(_nodes[0].Server.Output, Does.Contain($"This node is {gone.Split('-')[^1]}"));
    }

    private Task<OperatorPage> OpenAsync(Uri address, bool clock = false) =>
        OperatorPage.OpenAsync(_chromium, address, Tokens.For("operator", null, "admin"), clock);
}
