using System.Collections.Concurrent;
using Microsoft.Playwright;
using Realtime.Tests.Support;

namespace Realtime.Tests.Dashboard;

/// <summary>The page at <c>/</c> as a visitor uses it, and all errors and warnings of its browser.</summary>
internal sealed class DashboardPage : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _complaints = [];
    private readonly ConcurrentQueue<IRequest> _requests = [];
    private int _webSockets;

    private DashboardPage(IPage page)
    {
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                _complaints.Enqueue($"{message.Text} ({message.Location})");
        };
        page.PageError += (_, error) => _complaints.Enqueue(error);
        page.Request += (_, request) => _requests.Enqueue(request);
        page.WebSocket += (_, _) => Interlocked.Increment(ref _webSockets);
    }

    public IPage Page { get; }

    /// <summary>
    /// Errors and warnings of the console and where they come from, violations of the Content-Security-Policy among them, and exceptions.
    /// </summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    public IReadOnlyCollection<IRequest> Requests => _requests;

    public int WebSocketsOpened => Volatile.Read(ref _webSockets);

    public ILocator Banner => Page.Locator(".caught-up");

    /// <param name="clock">Whether the page's clock can be put forward.</param>
    public static async Task<DashboardPage> OpenAsync(
        Chromium chromium, Uri server, BrowserNewContextOptions? options = null, bool clock = false)
    {
        var page = new DashboardPage(await chromium.NewPageAsync(options));
        if (clock) await page.Page.Clock.InstallAsync();
        await page.Page.GotoAsync(server.ToString());
        return page;
    }

    /// <summary>Picks a customer or, by the name of its region, a team, and waits until its orders are live.</summary>
    public async Task SignInAsync(string reader)
    {
        await Page.GetByRole(AriaRole.Button, new() { NameRegex = new($"^{reader}") }).ClickAsync();
        await LiveAsync();
    }

    /// <summary>Signs in outside Development: with a token, and waits until the user's orders are live.</summary>
    public async Task SignInWithAsync(string token)
    {
        await Page.GetByLabel("Bearer token (a JWT)").FillAsync(token);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await LiveAsync();
    }

    /// <summary>The small print of the connection: transport, sharing, latency.</summary>
    public async Task<string> DetailsAsync() => await Page.Locator(".state small").TextContentAsync() ?? "";

    /// <summary>The node to which the page says that it is connected; null if it names none.</summary>
    public async Task<string?> NodeAsync() =>
        (await Page.Locator(".state .node").AllTextContentsAsync()) is [var text] ? text["on node ".Length..] : null;

    public async Task LiveAsync() => await Page.Locator(".state[data-state=live]").WaitForAsync();

    /// <summary>Picks a transport and waits until it is live.</summary>
    /// <param name="label">As the page names it.</param>
    public async Task SwitchToAsync(string label)
    {
        await Page.GetByLabel(label, new() { Exact = true }).CheckAsync();
        // Until the next frame is drawn, the page shows the previous connection.
        await Page.EvaluateAsync("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
        await Page.Locator(".state[data-state=live] small").Filter(new() { HasTextRegex = new($"^{label}") }).WaitForAsync();
    }

    public async Task CutAsync()
    {
        await Page.GetByRole(AriaRole.Button, new() { Name = "Cut the connection" }).ClickAsync();
        await Page.Locator(".state[data-state=cut]").WaitForAsync();
    }

    public Task ComeBackAsync() => Page.GetByRole(AriaRole.Button, new() { Name = "Come back" }).ClickAsync();

    /// <summary>The visible orders, from the top: <c>number status</c>.</summary>
    public async Task<IReadOnlyList<string>> OrdersAsync()
    {
        var rows = await Page.Locator(".row").EvaluateAllAsync<string[][]>(
            "rows => rows.map(row => [row.getAttribute('aria-posinset'), row.dataset.order + ' ' + "
            + "row.querySelector('.status').textContent])");
        return [.. rows.OrderBy(row => int.Parse(row[0], System.Globalization.CultureInfo.InvariantCulture)).Select(row => row[1])];
    }

    /// <summary>Waits until the list shows exactly these orders, newest first.</summary>
    public Task ShowsAsync(string[] expected, CancellationToken cancel) =>
        Eventually.Equal("the page shows the orders", OrdersAsync, expected, Eventually.DefaultLimit, cancel);

    public async ValueTask DisposeAsync() => await Page.Context.DisposeAsync();
}
