using Microsoft.Playwright;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

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

    [Test]
    public async Task A_user_is_disconnected_after_a_question_and_admitted_again(CancellationToken cancel)
    {
        const string User = "a/b, \"..\" <b>%2F";
        await using var stream = await EventStreamReceiver.ConnectAsync(Hub.Address, Tokens.For(User), "latest", cancel);
        Assert.That((await stream.NextAsync(cancel))!.Value.IsPosition());
        await using var page = await OperatorPage.OpenAsync(Chromium, Hub.Address);
        await page.Page.GetByRole(AriaRole.Textbox, new() { Name = "User", Exact = true }).FillAsync(User);

        await page.ChooseAsync("Disconnect…");
        await page.Page.GetByRole(AriaRole.Dialog, new() { Name = $"Disconnect {User}?" }).WaitForAsync();
        await page.ChooseAsync("Cancel");
        Assert.That(await StatusAsync(), Is.EqualTo(200));

        await page.ChooseAsync("Disconnect…");
        await page.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Disconnect" }).ClickAsync();
        await page.Page.GetByText($"{User} is disconnected").WaitForAsync();
        Assert.That((await stream.TakeAllAsync(cancel)).Select(Items.Describe), Is.EqualTo(["closing revoked"]));
        Assert.That(await StatusAsync(), Is.EqualTo(401));

        await page.ChooseAsync("Admit again");
        await page.Page.GetByText($"The tokens of {User} are accepted again.").WaitForAsync();
        Assert.That(await StatusAsync(), Is.EqualTo(200));
        Assert.That(page.Complaints, Is.Empty);

        async Task<int> StatusAsync() => (await RawHttp.SendAsync(
            Hub.Address, "GET", "/api/notifications?limit=1", Tokens.For(User), null, cancel)).Status;
    }

    [Test]
    public async Task A_user_is_looked_up_seen_why_and_disconnected(CancellationToken cancel)
    {
        const string User = "looked up <b>&%2F";
        await PlaceAsync(User, "CA-1", cancel);
        await using var stream = await EventStreamReceiver.ConnectAsync(Hub.Address, Tokens.For(User), "earliest", cancel);
        await stream.TakeAsync(2, cancel);
        await using var page = await OperatorPage.OpenAsync(Chromium, Hub.Address);
        await page.Page.GetByRole(AriaRole.Textbox, new() { Name = "User", Exact = true }).FillAsync(User);
        await page.ChooseAsync("Look up");
        var found = page.Page.GetByRole(AriaRole.Region, new() { Name = $"User {User}" });
        await found.GetByText("Connected, and all stored notifications were delivered.").WaitForAsync();
        await found.GetByText("eventSource").WaitForAsync();
        Assert.That(await found.Locator("b").CountAsync(), Is.Zero, "no markup");

        await page.ChooseAsync("Disconnect…");
        await page.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Disconnect" }).ClickAsync();
        await page.Page.GetByText($"{User} is disconnected").WaitForAsync();
        await stream.TakeAllAsync(cancel);
        await page.ChooseAsync("Look up");
        await found.GetByText("Not connected: the last connection ended (revoked).").WaitForAsync();
        Assert.That(page.Complaints, Is.Empty);
    }

    [Test]
    public async Task A_disconnection_that_the_server_refuses_shows_the_servers_sentence(CancellationToken cancel)
    {
        await using var page = await OperatorPage.OpenAsync(Chromium, Hub.Address);
        await page.Page.GetByRole(AriaRole.Textbox, new() { Name = "User", Exact = true }).FillAsync("a\u0007b");
        await page.ChooseAsync("Admit again");
        await page.Page.Locator(".access .fault").GetByText("user:").WaitForAsync();
        cancel.ThrowIfCancellationRequested();
    }

    private static Task CanSendAsync(OperatorPage page) => page.Page.Locator(".announcements button:enabled").WaitForAsync();
}
