using System.Globalization;
using Microsoft.Playwright;
using Realtime.Tests.Support;

namespace Realtime.Tests.Dashboard;

/// <summary>The operator's page as an operator uses it.</summary>
internal sealed class OperatorPage(DashboardPage page) : IAsyncDisposable
{
    public IPage Page => page.Page;

    public IReadOnlyCollection<string> Complaints => page.Complaints;

    /// <summary>How often the page has asked for <c>/api/admin/stats</c>.</summary>
    public int Polls => page.Requests.Count(request => request.Url.EndsWith("/api/admin/stats", StringComparison.Ordinal));

    /// <param name="token">Outside Development: the token to sign in with.</param>
    /// <param name="clock">Whether the page's clock can be put forward.</param>
    public static async Task<OperatorPage> OpenAsync(Chromium chromium, Uri server, string? token = null, bool clock = false)
    {
        var page = await DashboardPage.OpenAsync(chromium, new Uri(server, "/#/operator"), clock: clock);
        if (token is not null)
        {
            await page.Page.GetByLabel("A token with the role").FillAsync(token);
            await page.Page.GetByRole(AriaRole.Button, new() { Name = "Look" }).ClickAsync();
        }
        return new(page);
    }

    /// <summary>The nodes from the top: name and state.</summary>
    public async Task<IReadOnlyList<(string Name, string State)>> NodesAsync()
    {
        var rows = await Page.Locator(".nodes tbody tr").EvaluateAllAsync<string[][]>(
            "rows => rows.map(row => [row.querySelector('th').textContent, row.querySelector('.lane-state').textContent])");
        return [.. rows.Select(row => (row[0], row[1]))];
    }

    /// <summary>Waits until the states from the top, in any order, are these.</summary>
    public Task ShowsAsync(string[] states, CancellationToken cancel) => Eventually.Equal(
        "the page shows the nodes",
        async () => (IReadOnlyList<string>)[.. (await NodesAsync()).Select(node => node.State).Order(StringComparer.Ordinal)],
        states, Eventually.DefaultLimit, cancel);

    /// <summary>Waits until the hub pushes to the page: no request for three seconds, while the nodes' ages go on.</summary>
    public async Task IsToldAsync(CancellationToken cancel)
    {
        var (polls, since) = (Polls, await NowAsync());
        await Eventually.True("it asks no more", async () =>
        {
            var now = await NowAsync();
            if (Polls != polls) (polls, since) = (Polls, now);
            return now - since > 3_000;
        }, cancel);
    }

    /// <summary>Waits until the page sends a request.</summary>
    public async Task AsksAsync(CancellationToken cancel)
    {
        var polls = Polls;
        await Eventually.True("it asks", () => Polls >= polls + 3, cancel);
    }

    /// <summary>From now on the page records how its list of nodes looks; see <see cref="LooksAsync"/>.</summary>
    public Task WatchAsync() => Page.EvaluateAsync("""
        () => {
          window.looks = [];
          const look = () => {
            const text = [...document.querySelectorAll('.nodes tbody tr')]
              .map(row => row.dataset.node + ' ' + row.querySelector('.lane-state').textContent).join(', ');
            if (window.looks.at(-1) !== text) window.looks.push(text);
          };
          const all = { subtree: true, childList: true, characterData: true, attributes: true };
          new MutationObserver(look).observe(document.querySelector('.operator'), all);
          look();
        }
        """);

    public Task<string[]> LooksAsync() => Page.EvaluateAsync<string[]>("window.looks");

    public async Task AnnounceAsync(string text)
    {
        await Page.GetByLabel("Announce to all operators").FillAsync(text);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Send" }).ClickAsync();
    }

    public Task ChooseAsync(string button) => Page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    /// <summary>Waits until the newest announcement has this text, letter by letter.</summary>
    public Task IsAnnouncedAsync(string text, CancellationToken cancel) => Eventually.True($"'{text}' is shown", async () =>
        await Page.Locator(".announcements li p").AllTextContentsAsync() is [var newest, ..] && newest == text, cancel);

    public ValueTask DisposeAsync() => page.DisposeAsync();

    private async Task<long> NowAsync() =>
        long.Parse(await Page.EvaluateAsync<string>("`${Math.round(performance.now())}`"), CultureInfo.InvariantCulture);
}
