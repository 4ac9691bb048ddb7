namespace Realtime.Tests.Dashboard;

/// <summary>The operator's page of one node without Redis.</summary>
[CancelAfter(120_000)]
internal sealed class OperatorPageTests : DashboardFixture
{
    [Test]
    public async Task It_asks_the_one_node_there_is_once_a_second(CancellationToken cancel)
    {
        await using var page = await OperatorPage.OpenAsync(Chromium, Hub.Address);
        await page.ShowsAsync(["ready"], cancel);
        await page.AsksAsync(cancel);
        Assert.That(page.Complaints, Is.Empty);
    }

    [Test]
    public async Task An_announcement_is_shown_to_every_operator_as_the_text_that_it_is(CancellationToken cancel)
    {
        await using var one = await OperatorPage.OpenAsync(Chromium, Hub.Address);
        await using var two = await OperatorPage.OpenAsync(Chromium, Hub.Address);
        await Task.WhenAll(CanSendAsync(one), CanSendAsync(two));
        foreach (var text in (string[])["Deploying at noon", "<b>bold?</b> <img src=x onerror=document.title='run'> &amp; ☂",
            new string('x', 1_000)])
        {
            await one.AnnounceAsync(text);
            foreach (var page in (OperatorPage[])[one, two]) await page.IsAnnouncedAsync(text, cancel);
        }
        foreach (var page in (OperatorPage[])[one, two])
        {
            Assert.That(await page.Page.Locator(".announcements li p *").CountAsync(), Is.Zero, "no markup");
            Assert.That(await page.Page.TitleAsync(), Is.Not.EqualTo("run"));
            Assert.That(await page.Page.Locator(".announcements li b").First.TextContentAsync(), Is.EqualTo("operator"));
            Assert.That(page.Complaints, Is.Empty);
        }
    }

    [Test]
    public async Task A_refused_announcement_stays_in_the_field_with_the_servers_sentence(CancellationToken cancel)
    {
        await using var page = await OperatorPage.OpenAsync(Chromium, Hub.Address);
        await CanSendAsync(page);
        var field = page.Page.GetByLabel("Announce to all operators");
        await field.EvaluateAsync("it => it.removeAttribute('maxlength')");
        await page.AnnounceAsync(new string('x', 1_001));
        await page.Page.GetByText("An announcement has 1 to 1,000 UTF-16 code units.").WaitForAsync();
        Assert.That((await field.InputValueAsync()).Length, Is.EqualTo(1_001));
        cancel.ThrowIfCancellationRequested();
    }

    private static Task CanSendAsync(OperatorPage page) => page.Page.Locator(".announcements button:enabled").WaitForAsync();
}
