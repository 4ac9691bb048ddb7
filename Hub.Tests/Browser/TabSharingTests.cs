using Realtime.Tests.Support;

namespace Realtime.Tests.Browser;

/// <summary>One connection for all tabs, in a real browser: its locks, its channels, its six connections to a host.</summary>
internal sealed class TabSharingTests : TabFixture
{
    /// <summary>A link that nothing came through in time.</summary>
    private const string Starves = "tab.states.some(state => /Nothing came|took longer|timeout/.test(state.reason))";

    [CancelAfter(120_000)]
    [TestCase("longPolling"), TestCase("serverSentEvents"), TestCase("eventSource")]
    public async Task Twelve_tabs_share_one_connection_and_all_are_live(string transport, CancellationToken cancel)
    {
        var tabs = await OpenTabsAsync(12, $"transport={transport}");
        foreach (var tab in tabs) await tab.IsLiveAsync(cancel);
        await PublishAsync(cancel, "a", "b");
        foreach (var tab in tabs) await tab.HasOrdersAsync(cancel, "a", "b");
        var sharing = await Task.WhenAll(tabs.Select(tab => tab.SharingAsync()));
        Assert.That(sharing.Count(how => how == "leading"), Is.EqualTo(1));
        Assert.That(sharing.Count(how => how == "following"), Is.EqualTo(11));
    }

    [Test, CancelAfter(120_000)]
    public async Task Without_sharing_the_seventh_event_stream_hangs_until_another_is_closed(CancellationToken cancel)
    {
        const string Alone = "transport=eventSource&share=no";
        var tabs = await OpenTabsAsync(6, Alone);
        foreach (var tab in tabs) await tab.IsLiveAsync(cancel);
        var seventh = await OpenTabAsync(Alone);
        await seventh.UntilAsync("nothing reaches it", Starves, cancel);
        Assert.That(await seventh.Page.EvaluateAsync<bool>("tab.states.some(state => state.transport !== null)"), Is.False, "It was connected.");
        await tabs[0].Page.CloseAsync();
        await seventh.IsLiveAsync(cancel);
    }

    [CancelAfter(120_000)]
    [TestCase("longPolling"), TestCase("serverSentEvents")]
    public async Task Without_sharing_seven_tabs_of_the_hub_starve_each_other(string transport, CancellationToken cancel)
    {
        var tabs = await OpenTabsAsync(7, $"transport={transport}&share=no");
        await Eventually.True(
            "a tab is told that nothing reaches it",
            async () => (await Task.WhenAll(tabs.Select(tab => tab.Page.EvaluateAsync<bool>(Starves)))).Contains(true),
            cancel);
        Assert.That(await Task.WhenAll(tabs.Select(tab => tab.StatusAsync())), Has.Some.Not.EqualTo("live"));
    }

    [Test, CancelAfter(90_000)]
    public async Task When_the_leader_is_closed_another_tab_takes_over_without_loss_or_doubles(CancellationToken cancel)
    {
        var tabs = await OpenTabsAsync(3);
        await PublishAsync(cancel, "before");
        foreach (var tab in tabs) await tab.HasOrdersAsync(cancel, "before");
        await tabs[0].Page.CloseAsync();
        await PublishAsync(cancel, "after");
        foreach (var tab in tabs[1..]) await tab.HasOrdersAsync(cancel, "before", "after");
        await OneLeadsAsync(tabs[1..], cancel);
    }

    [Test, CancelAfter(90_000)]
    public async Task When_the_leader_crashes_another_tab_takes_over_without_loss_or_doubles(CancellationToken cancel)
    {
        var tabs = await OpenTabsAsync(3);
        await PublishAsync(cancel, "before");
        foreach (var tab in tabs) await tab.HasOrdersAsync(cancel, "before");
        var crashed = new TaskCompletionSource();
        tabs[0].Page.Crash += (_, _) => crashed.TrySetResult();
        _ = tabs[0].Page.GotoAsync("chrome://crash").ContinueWith(_ => { }, cancel, TaskContinuationOptions.None, TaskScheduler.Default);
        await crashed.Task.WaitAsync(cancel);
        await PublishAsync(cancel, "after");
        foreach (var tab in tabs[1..]) await tab.HasOrdersAsync(cancel, "before", "after");
        await OneLeadsAsync(tabs[1..], cancel);
    }

    [Test, CancelAfter(120_000)]
    public async Task When_the_leader_is_frozen_another_tab_robs_it_and_it_follows_when_it_wakes(CancellationToken cancel)
    {
        var tabs = await OpenTabsAsync(3);
        await PublishAsync(cancel, "before");
        foreach (var tab in tabs) await tab.HasOrdersAsync(cancel, "before");
        Assert.That(await tabs[0].SharingAsync(), Is.EqualTo("leading"));
        var thaw = await tabs[0].FreezeAsync(cancel);
        await PublishAsync(cancel, "frozen");
        foreach (var tab in tabs[1..]) await tab.HasOrdersAsync(cancel, "before", "frozen");
        await OneLeadsAsync(tabs[1..], cancel);
        await thaw();
        await tabs[0].UntilAsync("it follows", "feed.state.sharing === 'following'", cancel);
        await PublishAsync(cancel, "thawed");
        foreach (var tab in tabs) await tab.HasOrdersAsync(cancel, "before", "frozen", "thawed");
    }

    [Test, CancelAfter(90_000)]
    public async Task A_page_comes_back_from_the_back_forward_cache_and_has_missed_nothing(CancellationToken cancel)
    {
        var tabs = await OpenTabsAsync(2);
        await PublishAsync(cancel, "before");
        foreach (var tab in tabs) await tab.HasOrdersAsync(cancel, "before");
        await tabs[0].Page.GotoAsync(Site.Elsewhere.ToString());
        await tabs[1].UntilAsync("the other tab leads", "feed.state.sharing === 'leading' && feed.state.status === 'live'", cancel);
        await PublishAsync(cancel, "away");
        await tabs[1].HasOrdersAsync(cancel, "before", "away");
        await tabs[0].Page.EvaluateAsync("void setTimeout(() => history.back())");
        await tabs[0].UntilAsync("the page is back, as it was", "globalThis.tab?.returned === true", cancel);
        await PublishAsync(cancel, "back");
        foreach (var tab in tabs) await tab.HasOrdersAsync(cancel, "before", "away", "back");
    }

    [Test, CancelAfter(120_000)]
    public async Task When_the_server_is_killed_and_restarted_all_tabs_show_it_and_go_on(CancellationToken cancel)
    {
        var tabs = await OpenTabsAsync(3);
        await PublishAsync(cancel, "before");
        foreach (var tab in tabs) await tab.HasOrdersAsync(cancel, "before");
        await Site.Server.KillAsync();
        foreach (var tab in tabs) await tab.UntilAsync("the countdown is shown", "tab.states.some(state => state.reconnectInMs > 0)", cancel);
        await Site.Server.StartAgainAsync(cancel);
        await PublishAsync(cancel, "after");
        foreach (var tab in tabs) await tab.HasOrdersAsync(cancel, "before", "after");
        foreach (var tab in tabs) await tab.IsLiveAsync(cancel);
    }

    [Test, CancelAfter(90_000)]
    public async Task Acknowledging_in_one_tab_updates_the_unread_count_in_all(CancellationToken cancel)
    {
        var tabs = await OpenTabsAsync(3);
        foreach (var tab in tabs) await tab.IsLiveAsync(cancel);
        await PublishAsync(cancel, "a", "b");
        foreach (var tab in tabs) await tab.UntilAsync("two are unread", "tab.unread === 2", cancel);
        await tabs[2].HasOrdersAsync(cancel, "a", "b");
        Assert.That(await tabs[2].Page.EvaluateAsync<int>("feed.acknowledge()"), Is.Zero);
        foreach (var tab in tabs) await tab.UntilAsync("nothing is unread", "tab.unread === 0", cancel);
    }

    [Test, CancelAfter(90_000)]
    public async Task A_tab_that_opens_late_gets_what_it_is_due(CancellationToken cancel)
    {
        var first = await OpenTabAsync();
        await PublishAsync(cancel, "a");
        await first.HasOrdersAsync(cancel, "a");
        await first.UntilAsync("it has saved its place", "Object.keys(localStorage).some(key => key.startsWith('order-feed:'))", cancel);
        var late = await OpenTabAsync();
        await late.IsLiveAsync(cancel);
        await PublishAsync(cancel, "b");
        await late.HasOrdersAsync(cancel, "b");
        await first.HasOrdersAsync(cancel, "a", "b");
    }

    [Test, CancelAfter(90_000)]
    public async Task On_plain_http_of_an_intranet_host_each_tab_connects_by_itself_and_says_so(CancellationToken cancel)
    {
        var tabs = await OpenTabsAsync(2, host: "intranet.test");
        foreach (var tab in tabs) await tab.IsLiveAsync(cancel);
        await PublishAsync(cancel, "a");
        foreach (var tab in tabs) await tab.HasOrdersAsync(cancel, "a");
        Assert.That(await Task.WhenAll(tabs.Select(tab => tab.SharingAsync())), Is.All.EqualTo("unavailable"));
    }

    private static async Task OneLeadsAsync(Tab[] tabs, CancellationToken cancel) =>
        await Eventually.True(
            "one tab leads, the others follow",
            async () => (await Task.WhenAll(tabs.Select(tab => tab.SharingAsync()))).Count(how => how == "leading") == 1,
            cancel);
}
