using Microsoft.Playwright;
using Realtime.Tests.Support;

namespace Realtime.Tests.Dashboard;

/// <summary>
/// Every page, light and dark, against the rules of axe-core (WCAG 2: names, roles, contrast …), which the build has restored with the
/// page's packages.
/// </summary>
[CancelAfter(120_000)]
internal sealed class AccessibilityTests : DashboardFixture
{
    private const string Customer = "SH-19975";

    [TestCase(ColorScheme.Light, 1280)]
    [TestCase(ColorScheme.Dark, 1280)]
    [TestCase(ColorScheme.Light, 360)]
    public async Task No_page_shuts_anybody_out(ColorScheme scheme, int width, CancellationToken cancel)
    {
        Requires.NpmPackages("Hub.Server/Dashboard/app");
        var axe = await File.ReadAllTextAsync(Repository.PathOf("Hub.Server/Dashboard/app/node_modules/axe-core/axe.min.js"), cancel);
        var options = new BrowserNewContextOptions
        {
            ColorScheme = scheme,
            ViewportSize = new() { Width = width, Height = 800 },
            // Wait until colours have faded in: intermediate ones fail the contrast rule.
            ReducedMotion = ReducedMotion.Reduce,
            BypassCSP = true,
        };
        await using var page = await DashboardPage.OpenAsync(Chromium, Hub.Address, options);
        await page.Page.GetByRole(AriaRole.Heading, new() { Name = "A customer" }).WaitForAsync();
        await CheckAsync("sign-in");
        await page.SignInAsync(Customer);
        await PlaceAsync(Customer, "CA-1", cancel);
        await ShipAsync(Customer, "CA-1", cancel);
        await page.Page.Locator(".status[data-status=shipped]").First.WaitForAsync();
        await CheckAsync("orders");
        await page.CutAsync();
        await PlaceAsync(Customer, "CA-2", cancel);
        await CheckAsync("cut off");
        await page.ComeBackAsync();
        await page.LiveAsync();
        await page.Banner.WaitForAsync();
        await CheckAsync("caught up");
        await page.Page.GotoAsync(Hub.Address + "#/lab");
        await page.Page.Locator("[data-lane=longPolling] .lane-state[data-state=live]").WaitForAsync();
        await CheckAsync("lab");
        await page.Page.GotoAsync(Hub.Address + "#/operator");
        await page.Page.GetByRole(AriaRole.Table).WaitForAsync();
        await CheckAsync("operator");
        await page.Page.GetByRole(AriaRole.Textbox, new() { Name = "User", Exact = true }).FillAsync("alice");
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Disconnect…" }).ClickAsync();
        await CheckAsync("operator asks before it disconnects");

        async Task CheckAsync(string where)
        {
            await page.Page.EvaluateAsync(axe);
            var violations = await page.Page.EvaluateAsync<string[]>(
                "async () => (await axe.run()).violations.map(it => `${it.id}: ${it.nodes[0].html} ${it.nodes[0].failureSummary}`)");
            Assert.That(violations, Is.Empty, where);
            var overflow = await page.Page.EvaluateAsync<int>(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth");
            Assert.That(overflow, Is.Zero, $"{where}: nothing sticks out sideways");
        }
    }
}
