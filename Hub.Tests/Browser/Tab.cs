using System.Text.Json;
using Microsoft.Playwright;
using Realtime.Tests.Support;

namespace Realtime.Tests.Browser;

/// <summary>One tab of <see cref="TabSite"/>, and what it shows.</summary>
internal sealed class Tab(IPage page)
{
    /// <summary>Generous, because the machine may run other tests at the same time.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(45);

    public IPage Page => page;

    public Task<string[]> OrdersAsync() => page.EvaluateAsync<string[]>("tab.orders");

    public Task<string> StatusAsync() => page.EvaluateAsync<string>("feed.state.status");

    public Task<string> SharingAsync() => page.EvaluateAsync<string>("feed.state.sharing");

    public Task<int?> UnreadAsync() => page.EvaluateAsync<int?>("tab.unread");

    public async Task IsLiveAsync(CancellationToken cancel) =>
        await UntilAsync("it is live", "feed.state.status === 'live'", cancel);

    /// <summary>Waits until exactly these orders have arrived, in this order.</summary>
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

    /// <summary>Kills the tab's process: none of its scripts run any more, and the other tabs get no notice.</summary>
    public async Task CrashAsync(CancellationToken cancel)
    {
        var crashed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        page.Crash += (_, _) => crashed.TrySetResult();
        // The navigation never completes.
        _ = page.GotoAsync("chrome://crash").ContinueWith(_ => { }, cancel, TaskContinuationOptions.None, TaskScheduler.Default);
        await Eventually.Ends("the tab has crashed", crashed.Task, Limit, cancel);
    }

    /// <summary>
    /// Pauses the whole tab, as freezing does; its locks and connections stay. Uses the debugger, because the browser's own switch does
    /// nothing to a page that it considers visible, and a driven page is always visible.
    /// </summary>
    /// <returns>A function that resumes the tab.</returns>
    public async Task<Func<Task>> FreezeAsync(CancellationToken cancel)
    {
        var protocol = await page.Context.NewCDPSessionAsync(page);
        var paused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        protocol.Event("Debugger.paused").OnEvent += (_, _) => paused.TrySetResult();
        await protocol.SendAsync("Debugger.enable");
        await protocol.SendAsync("Debugger.pause");
        // The pause takes effect at the next statement, which is the tab's beat.
        await Eventually.Ends("the tab stands still", paused.Task, Limit, cancel);
        return async () =>
        {
            await protocol.SendAsync("Debugger.resume");
            await protocol.DetachAsync();
        };
    }

    // A page that is being left or restored has no context to evaluate expressions in.
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
