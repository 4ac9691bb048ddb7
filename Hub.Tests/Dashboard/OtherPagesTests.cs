using Microsoft.Playwright;
using Realtime.Tests.Support;

namespace Realtime.Tests.Dashboard;

/// <summary>The lab and the operator's page, and what is read and unread.</summary>
[CancelAfter(120_000)]
internal sealed class OtherPagesTests : DashboardFixture
{
    private static readonly string[] Lanes = ["webSockets", "serverSentEvents", "longPolling", "eventSource"];

    private static readonly string[] Stations = ["Orders", "Transport lab", "Operator", "Sign out", "automatic", "Cut the connection",
        "Orders, newest first"];

    [Test]
    public async Task In_the_lab_four_transports_get_the_same_orders_and_come_back_from_a_cut(CancellationToken cancel)
    {
        await using var page = await OpenAsync();
        await page.Page.GotoAsync(Hub.Address + "#/lab");
        await AllLanesAsync("are live and have received",
            "it => it.querySelector('.lane-state').dataset.state === 'live' && parseInt(it.querySelector('.costs dd').textContent) > 20",
            page, cancel);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Cut all four" }).ClickAsync();
        await AllLanesAsync("are cut", "it => it.querySelector('.lane-state').dataset.state === 'cut'", page, cancel);
        // Long enough for some of the lab's own orders, twenty a second, to pass.
        var received = await page.Page.EvaluateAsync<long>("performance.now()");
        await Eventually.True("two seconds have passed", async () => await page.Page.EvaluateAsync<long>("performance.now()") > received
            + 2000, cancel);
        // Two clicks at once: late results of the first attempt must not open a second stream.
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "All come back" }).EvaluateAsync("it => { it.click(); it.click(); }");
        await AllLanesAsync("have caught up", "it => it.querySelector('.comeback').textContent.startsWith('Came back: ')", page, cancel);
        await AllLanesAsync(
            "lack nothing and got nothing twice", "it => it.querySelectorAll('.costs dd')[3].textContent === '0 · 0'", page, cancel);
        Assert.That(page.Complaints, Is.Empty);
    }

    [Test]
    public async Task The_operator_sees_the_nodes_their_connections_and_rates(CancellationToken cancel)
    {
        await using var reader = await OpenAsync();
        await reader.SignInAsync("SM-20950");
        await using var page = await OpenAsync();
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Operator" }).ClickAsync();
        var tiles = page.Page.Locator(".tiles dd");
        await Eventually.True("the connection is counted", async () => await tiles.CountAsync() > 1
            && int.Parse(await tiles.Nth(1).TextContentAsync() ?? "", System.Globalization.CultureInfo.InvariantCulture) >= 1, cancel);
        var n = 0;
        await Eventually.True("the rate of publishing is shown", async () =>
        {
            await PlaceAsync("SM-20950", $"CA-{n++}", cancel);
            return await tiles.Nth(2).TextContentAsync() is not ("–" or "0");
        }, cancel);
        await Eventually.True("the rate of delivery is shown", async () =>
        {
            await PlaceAsync("SM-20950", $"CA-{n++}", cancel);
            return await tiles.Nth(4).TextContentAsync() is { } text && text.EndsWith(" ms", StringComparison.Ordinal);
        }, cancel);
        Assert.That(await page.Page.Locator(".plot canvas").CountAsync(), Is.EqualTo(3));
        Assert.That(page.Complaints, Is.Empty);
    }

    [Test]
    public async Task What_is_unread_is_counted_and_marking_it_as_read_counts_on_every_device(CancellationToken cancel)
    {
        await using var page = await OpenAsync();
        await page.SignInAsync("HG-14965");
        await using var other = await OpenAsync();
        await other.SignInAsync("HG-14965");
        for (var n = 1; n <= 3; n++) await PlaceAsync("HG-14965", $"CA-{n}", cancel);
        await page.Page.GetByText("3 unread").WaitForAsync();
        Assert.That(await page.Page.TitleAsync(), Is.EqualTo("(3) Realtime"));
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Mark all as read" }).ClickAsync();
        await Eventually.True("nothing is unread", async () => await page.Page.TitleAsync() == "Realtime", cancel);
        await other.CutAsync();
        await other.ComeBackAsync();
        await other.LiveAsync();
        await Eventually.True("nor elsewhere", async () => await other.Page.TitleAsync() == "Realtime", cancel);
    }

    [Test]
    public async Task Signing_out_ends_the_session_in_every_tab(CancellationToken cancel)
    {
        await using var page = await OpenAsync();
        await page.SignInAsync("CC-12220");
        var second = await page.Page.Context.NewPageAsync();
        await second.GotoAsync(Hub.Address.ToString());
        await second.Locator(".state[data-state=live]").WaitForAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await second.GetByRole(AriaRole.Heading, new() { Name = "A customer" }).WaitForAsync();
        await Eventually.True("the cookie is gone", async () => (await page.Page.Context.CookiesAsync()).Count == 0, cancel);
        // Each tab is a process of its own, so changes in the other tab's storage arrive a little later.
        await Eventually.True("the other tab has nothing left",
            async () => await second.EvaluateAsync<string?>("localStorage.getItem('realtime.session')") is null, cancel);
        Assert.That(page.Complaints, Is.Empty);
    }

    [Test]
    public async Task Two_tabs_share_one_connection_and_one_choice_and_go_on_when_the_other_is_cut(CancellationToken cancel)
    {
        await using var page = await OpenAsync();
        await page.SignInAsync("CL-12565");
        var second = await page.Page.Context.NewPageAsync();
        await second.GotoAsync(Hub.Address.ToString());
        await second.GetByText("through another tab").WaitForAsync();
        await page.SwitchToAsync("Long polling");
        await second.Locator(".state[data-state=live]").GetByText("Long polling").WaitForAsync();
        Assert.That(await second.GetByLabel("Long polling", new() { Exact = true }).IsCheckedAsync());

        await page.CutAsync();
        await PlaceAsync("CL-12565", "CA-1", cancel);
        await second.Locator(".row[data-order='CA-1']").WaitForAsync();
        Assert.That(await page.OrdersAsync(), Is.Empty);
        await page.ComeBackAsync();
        await page.ShowsAsync(["CA-1 placed"], cancel);
        Assert.That(page.Complaints, Is.Empty);
    }

    [Test]
    public async Task No_address_on_the_orders_page_carries_a_token(CancellationToken cancel)
    {
        await using var page = await OpenAsync();
        await page.SignInAsync("KD-16495");
        foreach (var transport in new[] { "WebSockets", "Server-sent events", "Long polling", "EventSource" })
            await page.SwitchToAsync(transport);
        Assert.That(page.Requests.Where(request => request.Url.Contains("access_token", StringComparison.Ordinal)), Is.Empty);
        var cookie = (await page.Page.Context.CookiesAsync()).Single();
        Assert.That((cookie.HttpOnly, cookie.SameSite), Is.EqualTo((true, SameSiteAttribute.Strict)));
    }

    [Test]
    public async Task Everything_can_be_reached_by_keyboard(CancellationToken cancel)
    {
        await using var page = await OpenAsync();
        await page.SignInAsync("DK-12835");
        await page.Page.Locator(".brand").FocusAsync();
        var reached = new List<string>();
        for (var n = 0; n < 12; n++)
        {
            await page.Page.Keyboard.PressAsync("Tab");
            reached.Add(
                await page.Page.EvaluateAsync<string>(
                    "(it => it.getAttribute('aria-label') || it.value || it.textContent)(document.activeElement)"));
        }
        Assert.That(reached, Is.SupersetOf(Stations));
        await page.Page.GetByLabel("Automatic").FocusAsync();
        await page.Page.Keyboard.PressAsync("ArrowRight");
        await page.LiveAsync();
        Assert.That(await page.Page.GetByLabel("WebSockets", new() { Exact = true }).IsCheckedAsync());
        cancel.ThrowIfCancellationRequested();
    }

    private static Task AllLanesAsync(string what, string condition, DashboardPage page, CancellationToken cancel) =>
        Eventually.True($"all lanes {what}", async () =>
    {
        foreach (var lane in Lanes)
        {
            var card = page.Page.Locator($"[data-lane={lane}]");
            if (await card.CountAsync() == 0 || !await card.EvaluateAsync<bool>(condition)) return false;
        }
        return true;
    }, TimeSpan.FromSeconds(40), cancel);
}
