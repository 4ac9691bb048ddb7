using Microsoft.Playwright;
using Realtime.Tests.Browser;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Dashboard;

/// <summary>
/// The hub is three nodes in production behind nginx: a visitor signs in with a token. Also what only several nodes can do.
/// </summary>
internal sealed class ThreeNodesTests : OrdersContract
{
    protected override Task<HubSite> StartHubAsync() => HubSite.OfThreeNodesAsync();

    protected override Task SignInAsync(DashboardPage page, string customer) => page.SignInWithAsync(Tokens.For(customer));

    [TestCase("WebSockets"), TestCase("Server-sent events"), TestCase("Long polling")]
    public async Task When_the_node_that_carries_is_killed_another_one_does_and_nothing_is_missing(
        string transport, CancellationToken cancel)
    {
        var user = $"survivor over {transport}";
        await using var page = await OpenAsync();
        await SignInAsync(page, user);
        await page.SwitchToAsync(transport);
        await PlaceAsync(user, "CA-1", cancel);
        await page.ShowsAsync(["CA-1 placed"], cancel);
        var carrier = await CarrierOfAsync(page, cancel);

        await carrier.KillAsync();
        try
        {
            for (var n = 2; n <= 4; n++) await PlaceAsync(user, $"CA-{n}", cancel);
            await page.ShowsAsync(["CA-4 placed", "CA-3 placed", "CA-2 placed", "CA-1 placed"], cancel);
            await page.LiveAsync();
            Assert.That(await CarrierOfAsync(page, cancel), Is.Not.SameAs(carrier));
        }
        finally
        {
            await carrier.StartAgainAsync(cancel);
        }
    }

    [Test]
    public async Task Signing_out_ends_a_copy_of_the_session_on_every_node(CancellationToken cancel)
    {
        await using var page = await OpenAsync();
        await SignInAsync(page, "leaver");
        var cookie = (await page.Page.Context.CookiesAsync()).Single();
        await using var copy = await EventStreamReceiver.ConnectByCookieAsync(
            Hub.Nodes[0].Address, $"{cookie.Name}={cookie.Value}", cancel);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.Page.GetByLabel("Bearer token (a JWT)").WaitForAsync();
        while ((await copy.NextAsync(cancel))!.Value.Describe() is var item && item != "closing revoked")
            Assert.That(item, Is.EqualTo("position"));
        foreach (var node in Hub.Nodes)
            Assert.That(() => EventStreamReceiver.ConnectByCookieAsync(node.Address, $"{cookie.Name}={cookie.Value}", cancel),
                Throws.TypeOf<HttpRequestException>().With.Message.Contains("401"));
    }

    /// <summary>The node whose name the page shows: the beginning of the id under which it registered.</summary>
    private async Task<ServerProcess> CarrierOfAsync(DashboardPage page, CancellationToken cancel)
    {
        ServerProcess? carrier = null;
        await Eventually.True("the page names a node", async () =>
        {
            var name = await page.NodeAsync();
            carrier = Hub.Nodes.SingleOrDefault(node => name is { Length: 6 }
                && node.Output.Contains($"This node is {name}", StringComparison.Ordinal));
            return carrier is not null;
        }, cancel);
        return carrier!;
    }
}
