using Microsoft.Playwright;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Dashboard;

/// <summary>The page outside Development, where visitors sign in with a token; and a server that stops and starts again.</summary>
[CancelAfter(120_000)]
internal sealed class TokenSignInTests
{
    [Test]
    public async Task A_visitor_signs_in_with_a_token_and_survives_the_death_of_the_server(CancellationToken cancel)
    {
        await using var chromium = await Chromium.LaunchAsync();
        await using var server = await TestServer.StartAsync(cancel: cancel);
        await using var page = await DashboardPage.OpenAsync(chromium, server.Address);
        var field = page.Page.GetByLabel("Bearer token (a JWT)");
        var signIn = page.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" });
        await field.FillAsync("nonsense");
        await signIn.ClickAsync();
        await page.Page.GetByRole(AriaRole.Alert).GetByText("This is no token").WaitForAsync();
        Assert.That(page.Complaints, Is.Empty);

        await field.FillAsync(Tokens.For("alice"));
        await signIn.ClickAsync();
        await page.LiveAsync();
        await server.PublishAsync("alice", "CA-1", cancel);
        await page.ShowsAsync(["CA-1 placed"], cancel);

        await server.KillAsync();
        await page.Page.Locator(".state[data-state=reconnecting]").WaitForAsync();
        await server.StartAgainAsync(cancel);
        await server.PublishAsync("alice", "CA-2", cancel);
        await page.LiveAsync();
        await page.ShowsAsync(["CA-2 placed", "CA-1 placed"], cancel);
    }

    [Test]
    public async Task A_reader_who_was_away_for_too_long_is_told_how_much_is_gone(CancellationToken cancel)
    {
        await using var chromium = await Chromium.LaunchAsync();
        await using var server = await TestServer.StartAsync(new Dictionary<string, string> { ["Hub:Retention:Count"] = "10" }, cancel);
        await using var page = await DashboardPage.OpenAsync(chromium, server.Address);
        await page.SignInWithAsync(Tokens.For("bob"));
        await server.PublishAsync("bob", "CA-1", cancel);
        await page.ShowsAsync(["CA-1 placed"], cancel);
        await page.CutAsync();
        for (var n = 2; n <= 40; n++) await server.PublishAsync("bob", $"CA-{n}", cancel);
        await Eventually.True("the store has let go of the oldest", async () =>
            (await server.HistoryAsync(Tokens.For("bob"), "?after=earliest", cancel)).GetProperty("items")[0].GetProperty("sequence")
            .GetInt64() > 2, cancel);
        await page.ComeBackAsync();
        await page.Page.Locator(".notice.gap").GetByText(" notifications are gone: they were older than the hub keeps them.")
            .WaitForAsync();
        await page.LiveAsync();
        Assert.That((await page.OrdersAsync())[0], Is.EqualTo("CA-40 placed"));
    }
}
