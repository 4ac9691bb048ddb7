using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using Realtime.Tests.Support;

namespace Realtime.Tests.Browser;

/// <summary>A site whose pages read orders from a hub on another origin.</summary>
internal sealed class TabSite : IAsyncDisposable
{
    private readonly LoopbackServer _pages;

    private TabSite(LoopbackServer pages, HubSite hub) => (_pages, Hub) = (pages, hub);

    public HubSite Hub { get; }

    /// <param name="startHub">Starts the hub with these settings, which allow the pages' origin.</param>
    public static async Task<TabSite> StartAsync(Func<IReadOnlyDictionary<string, string>, Task<HubSite>> startHub)
    {
        var bundle = await ClientBundle.Text.Value;
        var pages = await LoopbackServer.StartAsync(app =>
        {
            app.MapGet("/", () => Results.Text(Read("index.html"), "text/html"));
            app.MapGet("/page.js", () => Results.Text(Read("page.js"), "text/javascript"));
            app.MapGet("/order-feed.js", () => Results.Text(bundle, "text/javascript"));
            app.MapGet("/elsewhere", () => Results.Text("<!doctype html><title>Elsewhere</title>", "text/html"));
        });
        var origins = $"{pages.Address.GetLeftPart(UriPartial.Authority)};http://intranet.test:{pages.Address.Port}";
        return new(pages, await startHub(new Dictionary<string, string> { ["Hub:Cors:Origins"] = origins }));
    }

    /// <summary>Opens a tab that reads a user's orders.</summary>
    /// <param name="query">Further options for the page, e.g. <c>transport=longPolling</c>.</param>
    public async Task<Tab> OpenAsync(IBrowserContext browser, string user, string query = "", string host = "127.0.0.1")
    {
        var page = await browser.NewPageAsync();
        await page.GotoAsync($"http://{host}:{_pages.Address.Port}/?server={Hub.Address}&token={Tokens.For(user)}&{query}");
        return new Tab(page);
    }

    public Uri Elsewhere => new(_pages.Address, "/elsewhere");

    public async ValueTask DisposeAsync()
    {
        await Hub.DisposeAsync();
        await _pages.DisposeAsync();
    }

    private static string Read(string file) => File.ReadAllText(Repository.PathOf($"Hub.Tests/Browser/TestPage/{file}"));
}
