using Microsoft.Playwright;
using Realtime.Tests.Delivery;

namespace Realtime.Tests.Dashboard;

/// <summary>What a newcomer does on the page, in a real browser.</summary>
[CancelAfter(120_000)]
internal sealed class FirstPageTests : DashboardFixture
{
    [Test]
    public async Task A_visitor_who_has_not_signed_in_sees_whom_to_be_and_no_error(CancellationToken cancel)
    {
        await using var page = await OpenAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "West" }).WaitForAsync();
        await page.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        var icon = await page.Page.Locator("link[rel=icon]").GetAttributeAsync("href");
        using var answer = await Server.Http.GetAsync(new Uri(icon!, UriKind.Relative), cancel);
        Assert.Multiple(() =>
        {
            Assert.That((int)answer.StatusCode, Is.EqualTo(200));
            Assert.That(page.Complaints, Is.Empty);
            Assert.That(page.Requests.Select(request => new Uri(request.Url).Authority).Distinct(), Is.EqualTo([Server.Address.Authority]));
        });
    }

    [Test]
    public async Task A_team_sees_the_orders_of_its_region_with_what_is_in_them(CancellationToken cancel)
    {
        await using var page = await OpenAsync();
        await page.SignInAsync("South");
        await PlaceForTeamAsync("south", "not for the north", cancel);
        await PlaceForTeamAsync("north", "not for the south", cancel);
        await PlaceForTeamAsync("south", "again for the south", cancel);
        await page.ShowsAsync(["again for the south placed", "not for the north placed"], cancel);
        Assert.That(page.Complaints, Is.Empty);
    }

    [Test]
    public async Task An_order_shows_its_place_its_items_and_its_total(CancellationToken cancel)
    {
        await using var page = await OpenAsync();
        await page.SignInAsync("ZC-21910");
        var lines = new object[] { new { product = "Desk", quantity = 2 }, new { product = "Lamp", quantity = 1 } };
        await PlaceAsync("ZC-21910", "CA-1", cancel, new { city = "Salem", state = "Oregon", total = 1234.5, lines });
        var row = page.Page.Locator(".row");
        await row.WaitForAsync();
        Assert.That(await row.Locator(".items").TextContentAsync(), Is.EqualTo("2 × Desk · Lamp"));
        Assert.That(await row.Locator(".place").TextContentAsync(), Is.EqualTo("Salem, Oregon"));
        Assert.That(await row.Locator(".total").TextContentAsync(), Is.EqualTo("$1,234.50"));
    }

    [TestCase("WebSockets", "EP-13915")]
    [TestCase("Server-sent events", "CK-12205")]
    [TestCase("Long polling", "PG-18820")]
    [TestCase("EventSource", "JE-15745")]
    public async Task A_reader_who_was_cut_off_catches_up_on_what_passed(string transport, string customer, CancellationToken cancel)
    {
        await using var page = await OpenAsync();
        await page.SignInAsync(customer);
        await page.SwitchToAsync(transport);
        await PlaceAsync(customer, "CA-1", cancel);
        await page.ShowsAsync(["CA-1 placed"], cancel);

        await page.CutAsync();
        await ShipAsync(customer, "CA-1", cancel);
        for (var n = 2; n <= 18; n++) await PlaceAsync(customer, $"CA-{n}", cancel);
        Assert.That(await page.OrdersAsync(), Is.EqualTo(["CA-1 placed"]), "nothing arrives while it is cut off");

        await page.ComeBackAsync();
        await page.Banner.WaitForAsync();
        await page.LiveAsync();
        Assert.That(await page.Banner.TextContentAsync(), Does.StartWith("17 orders and 1 change while you were away."));
        Assert.That(await page.Page.Locator(".scroller").GetByRole(AriaRole.Listitem).First.GetAttributeAsync("aria-setsize"), Is.EqualTo("18"));
        Assert.That((await page.OrdersAsync())[0], Is.EqualTo("CA-18 placed"));
        await PlaceAsync(customer, "CA-19", cancel);
        await Support.Eventually.True("it is live again", async () => (await page.OrdersAsync())[0] == "CA-19 placed", cancel);
        Assert.That(page.Complaints, Is.Empty);
        AssertUses(page, transport);
    }

    [Test]
    public async Task A_reload_goes_on_where_the_page_was(CancellationToken cancel)
    {
        await using var page = await OpenAsync();
        await page.SignInAsync("NS-18640");
        await PlaceAsync("NS-18640", "CA-1", cancel);
        await page.ShowsAsync(["CA-1 placed"], cancel);
        await page.Page.GotoAsync("about:blank");
        await ShipAsync("NS-18640", "CA-1", cancel);
        await PlaceAsync("NS-18640", "CA-2", cancel);
        await page.Page.GotoAsync(Server.Address.ToString());
        await page.ShowsAsync(["CA-2 placed", "CA-1 shipped"], cancel);
        await page.LiveAsync();
        Assert.That(await page.Banner.TextContentAsync(), Does.StartWith("1 order and 1 change while you were away."));
        Assert.That(page.Complaints, Is.Empty);
    }

    private Task<long> PlaceForTeamAsync(string region, string orderId, CancellationToken cancel)
    {
        string[] groups = [region];
        return Server.PublishAsync(new { groups }, orderId, cancel);
    }

    private static void AssertUses(DashboardPage page, string transport)
    {
        var streams = page.Requests.Where(request => request.ResourceType == "eventsource").Select(request => new Uri(request.Url).AbsolutePath);
        var polls = page.Requests.Count(request => request.Method == "GET" && request.ResourceType is "fetch" or "xhr" && request.Url.Contains("/hubs/orders?id=", StringComparison.Ordinal));
        switch (transport)
        {
            // A first connection, before the switch, was a WebSocket.
            case "WebSockets": Assert.That(page.WebSocketsOpened, Is.GreaterThanOrEqualTo(2)); break;
            case "Server-sent events": Assert.That(streams.Count(path => path == "/hubs/orders"), Is.GreaterThanOrEqualTo(2)); break;
            case "Long polling": Assert.That(polls, Is.GreaterThanOrEqualTo(4)); break;
            default: Assert.That(streams.Count(path => path == "/api/notifications"), Is.GreaterThanOrEqualTo(2)); break;
        }
        if (transport != "WebSockets") Assert.That(page.WebSocketsOpened, Is.EqualTo(1));
    }
}
