using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using Realtime.Tests.Delivery;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Dashboard;

/// <summary>The page on three nodes behind the nginx of <c>deploy/</c>, which sends each request to the next of them.</summary>
[CancelAfter(120_000)]
internal sealed class ThreeNodesTests
{
    private readonly AsyncDisposables _started = new();
    private Node[] _nodes = null!;
    private Balancer _balancer = null!;
    private Chromium _chromium = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        // Without it the page was not built.
        Requires.Command("node");
        _chromium = _started.Add(await Chromium.LaunchAsync());
        var redis = _started.Add(await RedisProcess.StartAsync());
        _nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Node.StartAsync(redis)));
        foreach (var node in _nodes) _started.Add(node);
        _balancer = _started.Add(await Balancer.StartNginxAsync([.. _nodes.Select(node => node.Server.Port)]));
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    [TestCase("WebSockets"), TestCase("Server-sent events"), TestCase("Long polling"), TestCase("EventSource")]
    public async Task A_visitor_signs_in_sees_orders_live_and_catches_up_after_a_cut(string transport, CancellationToken cancel)
    {
        var user = $"reader over {transport}";
        await using var page = await OpenAsync(user);
        await page.SwitchToAsync(transport);
        await PublishAsync(user, "CA-1", cancel);
        await page.ShowsAsync(["CA-1 placed"], cancel);

        await page.CutAsync();
        for (var n = 2; n <= 8; n++) await PublishAsync(user, $"CA-{n}", cancel);
        await page.ComeBackAsync();
        await page.ShowsAsync([.. Enumerable.Range(1, 8).Reverse().Select(n => $"CA-{n} placed")], cancel);
        await page.LiveAsync();
        Assert.That(await page.Banner.TextContentAsync(), Does.StartWith("7 orders while you were away."));
        await PublishAsync(user, "CA-9", cancel);
        await page.Page.Locator(".row[data-order='CA-9']").WaitForAsync();
        Assert.That(await page.DetailsAsync(), Does.StartWith(transport));
        if (transport == "EventSource") Assert.That(await page.NodeAsync(), Is.Null, "it cannot ask");
        else await CarrierOfAsync(page, cancel);
        Assert.That(page.Complaints, Is.Empty);
    }

    [TestCase("WebSockets"), TestCase("Server-sent events"), TestCase("Long polling")]
    public async Task When_the_node_that_carries_is_killed_another_one_does_and_nothing_is_missing(string transport, CancellationToken cancel)
    {
        var user = $"survivor over {transport}";
        await using var page = await OpenAsync(user);
        await page.SwitchToAsync(transport);
        await PublishAsync(user, "CA-1", cancel);
        await page.ShowsAsync(["CA-1 placed"], cancel);
        var carrier = await CarrierOfAsync(page, cancel);

        await carrier.Server.KillAsync();
        try
        {
            for (var n = 2; n <= 4; n++) await PublishAsync(user, $"CA-{n}", cancel);
            await page.ShowsAsync(["CA-4 placed", "CA-3 placed", "CA-2 placed", "CA-1 placed"], cancel);
            await page.LiveAsync();
            Assert.That(await CarrierOfAsync(page, cancel), Is.Not.SameAs(carrier));
        }
        finally
        {
            await carrier.Server.StartAgainAsync(cancel);
        }
    }

    [Test]
    public async Task Twelve_tabs_have_one_connection_and_another_takes_over_when_the_tab_that_holds_it_is_closed(CancellationToken cancel)
    {
        const string User = "reader of twelve";
        await using var first = await OpenAsync(User);
        await first.SwitchToAsync("Server-sent events");
        List<DashboardPage> tabs = [first];
        while (tabs.Count < 12) tabs.Add(await first.OpenTabAsync());
        foreach (var tab in tabs) await tab.LiveAsync();
        await PublishAsync(User, "CA-1", cancel);
        foreach (var tab in tabs) await tab.ShowsAsync(["CA-1 placed"], cancel);
        await OneLeadsAsync(tabs, cancel);
        await Eventually.True("the nodes have one event stream", async () => await EventStreamsAsync(cancel) == 1, cancel);

        await first.Page.CloseAsync();
        tabs.Remove(first);
        await PublishAsync(User, "CA-2", cancel);
        foreach (var tab in tabs) await tab.ShowsAsync(["CA-2 placed", "CA-1 placed"], cancel);
        await OneLeadsAsync(tabs, cancel);
        await Eventually.True("the nodes have one event stream again", async () => await EventStreamsAsync(cancel) == 1, cancel);
        Assert.That(tabs.SelectMany(tab => tab.Complaints), Is.Empty);
    }

    [Test]
    public async Task Signing_out_ends_a_copy_of_the_session_on_every_node(CancellationToken cancel)
    {
        await using var page = await OpenAsync("leaver");
        var cookie = (await page.Page.Context.CookiesAsync()).Single();
        await using var copy = await EventStreamReceiver.ConnectByCookieAsync(_nodes[0].Address, $"{cookie.Name}={cookie.Value}", cancel);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.Page.GetByLabel("Bearer token (a JWT)").WaitForAsync();
        while ((await copy.NextAsync(cancel))!.Value.Describe() is var item && item != "closing revoked") Assert.That(item, Is.EqualTo("position"));
        foreach (var node in _nodes)
            Assert.That(() => EventStreamReceiver.ConnectByCookieAsync(node.Address, $"{cookie.Name}={cookie.Value}", cancel), Throws.TypeOf<HttpRequestException>().With.Message.Contains("401"));
    }

    private async Task<DashboardPage> OpenAsync(string user)
    {
        var page = await DashboardPage.OpenAsync(_chromium, _balancer.Address);
        await page.SignInWithAsync(Tokens.For(user));
        return page;
    }

    /// <summary>By way of the balancer, to whichever node is next.</summary>
    private async Task PublishAsync(string user, string orderId, CancellationToken cancel)
    {
        using var http = new HttpClient { BaseAddress = _balancer.Address };
        using var request = TestServer.Request(HttpMethod.Post, "/api/notifications", Tokens.Publisher());
        request.Content = JsonContent.Create(new { to = new { users = new[] { user } }, type = "order.created", orderId });
        using var answer = await http.SendAsync(request, cancel);
        Assert.That((int)answer.StatusCode, Is.EqualTo(202), await answer.Content.ReadAsStringAsync(cancel));
    }

    /// <summary>The node whose name the page shows: the beginning of the id that it registered by.</summary>
    private async Task<Node> CarrierOfAsync(DashboardPage page, CancellationToken cancel)
    {
        Node? carrier = null;
        await Eventually.True("the page names a node", async () =>
        {
            var name = await page.NodeAsync();
            carrier = _nodes.SingleOrDefault(node => name is { Length: 6 } && node.Server.Output.Contains($"This node is {name}", StringComparison.Ordinal));
            return carrier is not null;
        }, cancel);
        return carrier!;
    }

    /// <summary>Event streams of the hub that all nodes together have open.</summary>
    private async Task<int> EventStreamsAsync(CancellationToken cancel)
    {
        var count = 0;
        foreach (var node in _nodes)
        {
            using var request = TestServer.Request(HttpMethod.Get, "/api/admin/stats", Tokens.For("operator", null, "admin"));
            using var answer = await node.Server.Http.SendAsync(request, cancel);
            var stats = await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
            count += stats.GetProperty("nodes")[0].GetProperty("connections").GetProperty("serverSentEvents").GetInt32();
        }
        return count;
    }

    private static Task OneLeadsAsync(List<DashboardPage> tabs, CancellationToken cancel) => Eventually.True("one tab leads, the others follow", async () =>
    {
        var details = await Task.WhenAll(tabs.Select(tab => tab.DetailsAsync()));
        return details.Count(it => it.Contains("for all tabs", StringComparison.Ordinal)) == 1
            && details.Count(it => it.Contains("through another tab", StringComparison.Ordinal)) == tabs.Count - 1;
    }, cancel);
}
