using System.Text.Json;
using Microsoft.Playwright;
using Realtime.Tests.Support;

namespace Realtime.Tests.Browser;

/// <summary>One tab of <see cref="TabSite"/>, and what it shows.</summary>
internal sealed class Tab(IPage page)
{
    /// <summary>Browsers on a machine that tests something else beside.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(45);

    public IPage Page => page;

    public Task<string[]> OrdersAsync() => page.EvaluateAsync<string[]>("tab.orders");

    public Task<string> StatusAsync() => page.EvaluateAsync<string>("feed.state.status");

    public Task<string> SharingAsync() => page.EvaluateAsync<string>("feed.state.sharing");

    public Task<int?> UnreadAsync() => page.EvaluateAsync<int?>("tab.unread");

    public async Task IsLiveAsync(CancellationToken cancel) =>
        await UntilAsync("it is live", "feed.state.status === 'live'", cancel);

    /// <summary>Waits until exactly these orders came, in this order.</summary>
    public async Task HasOrdersAsync(CancellationToken cancel, params string[] ids)
    {
        var expected = JsonSerializer.Serialize(ids);
        await UntilAsync($"it has {expected}", $"tab.orders.length >= {ids.Length}", cancel);
        Assert.That(await OrdersAsync(), Is.EqualTo(ids));
    }

    public async Task UntilAsync(string reason, string expression, CancellationToken cancel)
    {
        try
        {
            await Eventually.True(reason, () => HoldsAsync(expression), Limit, cancel);
        }
        catch (AssertionException)
        {
            TestContext.Out.WriteLine(await page.EvaluateAsync<string>("JSON.stringify({ ...tab, states: tab.states.slice(-8) })"));
            throw;
        }
    }

    /// <summary>Ends the tab's process; nothing in it runs any more, and nobody is told.</summary>
    public async Task CrashAsync(CancellationToken cancel)
    {
        var crashed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        page.Crash += (_, _) => crashed.TrySetResult();
        // It never gets there.
        _ = page.GotoAsync("chrome://crash").ContinueWith(_ => { }, cancel, TaskContinuationOptions.None, TaskScheduler.Default);
        await Eventually.Ends("the tab has crashed", crashed.Task, Limit, cancel);
    }

    /// <summary>
    /// Stops everything that the tab does, as freezing does; its locks and connections stay. By a debugger: the browser's own switch does
    /// nothing to a page that it takes for visible, and a driven page always is.
    /// </summary>
    /// <returns>What lets it go on.</returns>
    public async Task<Func<Task>> FreezeAsync(CancellationToken cancel)
    {
        var protocol = await page.Context.NewCDPSessionAsync(page);
        var paused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        protocol.Event("Debugger.paused").OnEvent += (_, _) => paused.TrySetResult();
        await protocol.SendAsync("Debugger.enable");
        await protocol.SendAsync("Debugger.pause");
        // At the next thing it does: its beat.
        await Eventually.Ends("the tab stands still", paused.Task, Limit, cancel);
        return async () =>
        {
            await protocol.SendAsync("Debugger.resume");
            await protocol.DetachAsync();
        };
    }

    // A page that is just being left or restored has nowhere to evaluate anything.
    private async Task<bool> HoldsAsync(string expression)
    {
        try
        {
            return await page.EvaluateAsync<bool>(expression);
        }
        catch (PlaywrightException leaving) when (leaving.Message.Contains("context was destroyed", StringComparison.Ordinal))
        {
            return false;
        }
    }
}
