namespace Realtime.Tests.Dashboard;

/// <summary>A reader who has been away for long.</summary>
[CancelAfter(180_000)]
internal sealed class ManyOrdersTests : DashboardFixture
{
    private const string Customer = "RB-19465";
    private const int Count = 10_000;

    [Test]
    public async Task Ten_thousand_orders_are_caught_up_on_and_only_those_in_sight_are_in_the_document(CancellationToken cancel)
    {
        await using var page = await OpenAsync();
        await page.SignInAsync(Customer);
        await PlaceAsync(Customer, "CA-0", cancel);
        await page.ShowsAsync(["CA-0 placed"], cancel);
        await page.CutAsync();
        await PlaceManyAsync(Customer, Count, 0, cancel);
        await page.ComeBackAsync();
        await page.LiveAsync();
        // The oldest one makes room: the page keeps ten thousand.
        await page.Page.Locator($".row[aria-posinset='1'][aria-setsize='{Count}']").WaitForAsync();
        Assert.That(await page.Banner.TextContentAsync(), Does.StartWith("10000 orders while you were away."));
        Assert.That((await page.OrdersAsync())[0], Is.EqualTo($"CA-{Count} placed"));
        Assert.That(await page.Page.Locator(".row").CountAsync(), Is.LessThan(60));

        await page.Page.Locator(".scroller").EvaluateAsync("it => it.scrollTop = it.scrollHeight");
        await page.Page.Locator(".row[data-order='CA-1']").WaitForAsync();
        Assert.That((await page.OrdersAsync())[^1], Is.EqualTo("CA-1 placed"));

        // Who reads further down is left where he is when something new comes in.
        var before = await page.Page.Locator(".row[data-order='CA-1']").BoundingBoxAsync();
        await ShipAsync(Customer, "CA-1", cancel);
        await page.Page.Locator(".row[data-order='CA-1'] .status[data-status=shipped]").WaitForAsync();
        var after = await page.Page.Locator(".row[data-order='CA-1']").BoundingBoxAsync();
        Assert.That(after!.Y, Is.EqualTo(before!.Y));
        Assert.That(page.Complaints, Is.Empty);
    }
}
