using Microsoft.Playwright;
using Realtime.Tests.Support;

namespace Realtime.Tests.Dashboard;

/// <summary>
/// What a reader experiences on the page, with one node or several: cut off, loaded again, attacked by orders, and away for a long time.
/// </summary>
[CancelAfter(180_000)]
internal abstract class OrdersContract : DashboardFixture
{
    private const int Many = 10_000;

    /// <summary>Signs in as this hub allows, and waits until the orders are live.</summary>
    protected abstract Task SignInAsync(DashboardPage page, string customer);

    [TestCase("WebSockets", "EP-13915")]
    [TestCase("Server-sent events", "CK-12205")]
    [TestCase("Long polling", "PG-18820")]
    [TestCase("EventSource", "JE-15745")]
    public async Task A_reader_who_was_cut_off_catches_up_on_what_passed(string transport, string customer, CancellationToken cancel)
    {
        await using var page = await OpenAsync();
        await SignInAsync(page, customer);
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
        Assert.That(await page.Page.Locator(".scroller")
            .GetByRole(AriaRole.Listitem).First.GetAttributeAsync("aria-setsize"), Is.EqualTo("18"));
        Assert.That((await page.OrdersAsync())[0], Is.EqualTo("CA-18 placed"));
        await PlaceAsync(customer, "CA-19", cancel);
        await Eventually.True("it is live again", async () => (await page.OrdersAsync())[0] == "CA-19 placed", cancel);
        Assert.That(page.Complaints, Is.Empty);
        Assert.That(await page.DetailsAsync(), Does.StartWith(transport));
        if (transport == "EventSource") Assert.That(await page.NodeAsync(), Is.Null, "it cannot ask");
        AssertUses(page, transport);
    }

    [Test]
    public async Task A_reload_goes_on_where_the_page_was(CancellationToken cancel)
    {
        await using var page = await OpenAsync();
        await SignInAsync(page, "NS-18640");
        await PlaceAsync("NS-18640", "CA-1", cancel);
        await page.ShowsAsync(["CA-1 placed"], cancel);
        await page.Page.GotoAsync("about:blank");
        await ShipAsync("NS-18640", "CA-1", cancel);
        await PlaceAsync("NS-18640", "CA-2", cancel);
        await page.Page.GotoAsync(Hub.Address.ToString());
        await page.ShowsAsync(["CA-2 placed", "CA-1 shipped"], cancel);
        await page.LiveAsync();
        Assert.That(await page.Banner.TextContentAsync(), Does.StartWith("1 order and 1 change while you were away."));
        Assert.That(page.Complaints, Is.Empty);
    }

    [Test]
    public async Task Nothing_that_an_order_says_is_ever_run(CancellationToken cancel)
    {
        const string Customer = "KL-16645";
        await using var page = await OpenAsync();
        await page.Page.EvaluateAsync("""
            window.attacks = [];
            window.attacked = () => window.attacks.push('called');
            document.addEventListener('securitypolicyviolation', event =>
              window.attacks.push(event.violatedDirective + ' ' + event.blockedURI));
            """);
        page.Page.Dialog += (_, dialog) => _ = DismissAsync(dialog);
        await SignInAsync(page, Customer);

        var payloads = HostileOrders.Texts().ToList();
        Assert.That(payloads, Has.Count.GreaterThanOrEqualTo(100));
        for (var n = 0; n < payloads.Count; n++)
        {
            var text = payloads[n];
            var type = n % 2 == 0 ? "order.created" : "order.__proto__";
            await PublishAsync(type, Customer, text[..Math.Min(text.Length, 128)], HostileOrders.DataFor(n, text), cancel);
        }

        // The last order is in view, so the page has taken them all. Then scroll through all of them, because the document holds only those
        // in view.
        await page.Page.Locator($".row[aria-posinset='1'][aria-setsize='{payloads.Count}']").WaitForAsync();
        var scroller = page.Page.Locator(".scroller");
        for (var seen = 0; seen < payloads.Count; seen += 5)
        {
            await scroller.EvaluateAsync(
                "(it, row) => it.scrollTop = row * parseFloat(getComputedStyle(it).getPropertyValue('--row'))", seen);
            await page.Page.Locator($".row[aria-posinset='{seen + 1}']").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        }
        await page.Page.Locator(".row").First.HoverAsync();

        // Check again after a reload, which shows the orders that the browser has stored.
        Assert.That(await page.Page.EvaluateAsync<string[]>("window.attacks"), Is.Empty);
        await page.Page.ReloadAsync();
        await page.LiveAsync();
        await page.Page.Locator(".row").Nth(5).WaitForAsync();
        Assert.Multiple(async () =>
        {
            Assert.That(await page.Page.Locator(".row script, .row img, .row iframe, .row svg, .row a, .row [onerror], .row [onload]")
                .CountAsync(), Is.Zero);
            Assert.That(page.Requests.Where(request => request.Url.Contains("attack", StringComparison.Ordinal)), Is.Empty);
            Assert.That(page.Complaints, Is.Empty, "no script failed, and the Content-Security-Policy had nothing to stop");
        });
    }

    [Test]
    public async Task Ten_thousand_orders_are_caught_up_on_and_only_those_in_sight_are_in_the_document(CancellationToken cancel)
    {
        const string Customer = "RB-19465";
        await using var page = await OpenAsync();
        await SignInAsync(page, Customer);
        await PlaceAsync(Customer, "CA-0", cancel);
        await page.ShowsAsync(["CA-0 placed"], cancel);
        await page.CutAsync();
        await PlaceManyAsync(Customer, Many, 0, cancel);
        await page.ComeBackAsync();
        await page.LiveAsync();
        // The oldest order is dropped: the page keeps ten thousand.
        await page.Page.Locator($".row[aria-posinset='1'][aria-setsize='{Many}']").WaitForAsync();
        Assert.That(await page.Banner.TextContentAsync(), Does.StartWith("10000 orders while you were away."));
        Assert.That((await page.OrdersAsync())[0], Is.EqualTo($"CA-{Many} placed"));
        Assert.That(await page.Page.Locator(".row").CountAsync(), Is.LessThan(60));

        await page.Page.Locator(".scroller").EvaluateAsync("it => it.scrollTop = it.scrollHeight");
        await page.Page.Locator(".row[data-order='CA-1']").WaitForAsync();
        Assert.That((await page.OrdersAsync())[^1], Is.EqualTo("CA-1 placed"));

        // New orders do not move the list for a reader who has scrolled down.
        var before = await page.Page.Locator(".row[data-order='CA-1']").BoundingBoxAsync();
        await ShipAsync(Customer, "CA-1", cancel);
        await page.Page.Locator(".row[data-order='CA-1'] .status[data-status=shipped]").WaitForAsync();
        var after = await page.Page.Locator(".row[data-order='CA-1']").BoundingBoxAsync();
        Assert.That(after!.Y, Is.EqualTo(before!.Y));
        Assert.That(page.Complaints, Is.Empty);
    }

    private static void AssertUses(DashboardPage page, string transport)
    {
        var streams = page.Requests.Where(request => request.ResourceType == "eventsource")
            .Select(request => new Uri(request.Url).AbsolutePath);
        var polls = page.Requests.Count(request => request.Method == "GET" && request.ResourceType is "fetch" or "xhr"
            && request.Url.Contains("/hubs/orders?id=", StringComparison.Ordinal));
        switch (transport)
        {
            // The connection before the switch was a WebSocket.
            case "WebSockets": Assert.That(page.WebSocketsOpened, Is.GreaterThanOrEqualTo(2)); break;
            case "Server-sent events": Assert.That(streams.Count(path => path == "/hubs/orders"), Is.GreaterThanOrEqualTo(2)); break;
            case "Long polling": Assert.That(polls, Is.GreaterThanOrEqualTo(4)); break;
            default: Assert.That(streams.Count(path => path == "/api/notifications"), Is.GreaterThanOrEqualTo(2)); break;
        }
        if (transport != "WebSockets") Assert.That(page.WebSocketsOpened, Is.EqualTo(1));
    }

    private static async Task DismissAsync(IDialog dialog)
    {
        await dialog.Page!.EvaluateAsync("window.attacks.push('dialog')");
        await dialog.DismissAsync();
    }
}
