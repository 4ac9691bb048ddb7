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
        using var answer = await Hub.Http.GetAsync(new Uri(icon!, UriKind.Relative), cancel);
        Assert.Multiple(() =>
        {
            Assert.That((int)answer.StatusCode, Is.EqualTo(200));
            Assert.That(page.Complaints, Is.Empty);
            Assert.That(page.Requests.Select(request => new Uri(request.Url).Authority).Distinct(), Is.EqualTo([Hub.Address.Authority]));
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

    private Task<long> PlaceForTeamAsync(string region, string orderId, CancellationToken cancel)
    {
        string[] groups = [region];
        return Hub.Nodes[0].PublishAsync(new { groups }, orderId, cancel);
    }
}
