using Realtime.Tests.Support;

namespace Realtime.Tests.Browser;

/// <summary>
/// What tabs of a real browser go through, with one node or several: reloads and being offline on each transport, and one connection shared
/// by all tabs, with its locks, its channels, and the browser's six connections to a host.
/// </summary>
internal abstract class TabContract : TabFixture
{
    [CancelAfter(90_000)]
    [TestCase("webSockets"), TestCase("serverSentEvents"), TestCase("longPolling"), TestCase("eventSource")]
    public async Task A_page_that_is_loaded_again_goes_on_from_its_kept_cursor(string transport, CancellationToken cancel)
    {
        var tab = await OpenTabAsync($"transport={transport}");
        await PublishAsync(cancel, "a", "b");
        await tab.HasOrdersAsync(cancel, "a", "b");
        var address = tab.Page.Url;
        await tab.Page.GotoAsync("about:blank");
        await PublishAsync(cancel, "c");
        await tab.Page.GotoAsync(address);
        await tab.HasOrdersAsync(cancel, "c");
        await tab.IsLiveAsync(cancel);
        Assert.That(await tab.Page.EvaluateAsync<string>("feed.state.transport"), Is.EqualTo(transport));
    }

    [CancelAfter(120_000)]
    [TestCase("webSockets"), TestCase("serverSentEvents"), TestCase("longPolling"), TestCase("eventSource")]
    public async Task A_page_that_was_offline_catches_up_as_soon_as_it_is_online(string transport, CancellationToken cancel)
    {
        var tab = await OpenTabAsync($"transport={transport}");
        await PublishAsync(cancel, "a");
        await tab.HasOrdersAsync(cancel, "a");
        await Browser.SetOfflineAsync(true);
        await tab.UntilAsync("it has noticed", "feed.state.status === 'reconnecting' || feed.state.status === 'connecting'", cancel);
        await PublishAsync(cancel, "b");
        Assert.That(await tab.OrdersAsync(), Is.EqualTo(["a"]), "It was not offline.");
        await Browser.SetOfflineAsync(false);
        await tab.HasOrdersAsync(cancel, "a", "b");
        await tab.IsLiveAsync(cancel);
    }

    [CancelAfter(120_000)]
    [TestCase("longPolling"), TestCase("serverSentEvents"), TestCase("eventSource")]
    public async Task Twelve_tabs_share_one_connection_and_all_are_live(string transport, CancellationToken cancel)
    {
        var tabs = await OpenTabsAsync(12, $"transport={transport}");
        foreach (var tab in tabs) await tab.IsLiveAsync(cancel);
        await PublishAsync(cancel, "a", "b");
        foreach (var tab in tabs) await tab.HasOrdersAsync(cancel, "a", "b");
        await OneLeadsAsync(tabs, cancel);
        // A poll ends without notice, so the hub still counts the polls of earlier tests.
        if (transport != "longPolling")
            await Eventually.True(
                "the hub has one connection", async () => await Site.Hub.ConnectionsAsync(transport, cancel) == 1, cancel);
    }

    [Test, CancelAfter(90_000)]
    public async Task When_the_leader_is_closed_another_tab_takes_over_without_loss_or_doubles(CancellationToken cancel)
    {
        var tabs = await OpenLedTabsAsync(3, cancel);
        await tabs[0].Page.CloseAsync();
        await TakeOverAsync(tabs[1..], cancel);
    }

    [Test, CancelAfter(90_000)]
    public async Task When_the_leader_crashes_another_tab_takes_over_without_loss_or_doubles(CancellationToken cancel)
    {
        var tabs = await OpenLedTabsAsync(3, cancel);
        await tabs[0].CrashAsync(cancel);
        await TakeOverAsync(tabs[1..], cancel);
    }

    [Test, CancelAfter(120_000)]
    public async Task When_the_leader_is_frozen_another_tab_robs_it_and_it_follows_when_it_wakes(CancellationToken cancel)
    {
        var tabs = await OpenLedTabsAsync(3, cancel);
        var thaw = await tabs[0].FreezeAsync(cancel);
        await TakeOverAsync(tabs[1..], cancel);
        await thaw();
        await tabs[0].UntilAsync("it follows", "feed.state.sharing === 'following'", cancel);
        await PublishAsync(cancel, "thawed");
        foreach (var tab in tabs) await tab.HasOrdersAsync(cancel, "before", "meanwhile", "after", "thawed");
    }

    [Test, CancelAfter(90_000)]
    public async Task A_page_comes_back_from_the_back_forward_cache_and_has_missed_nothing(CancellationToken cancel)
    {
        var tabs = await OpenLedTabsAsync(2, cancel);
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
        var tabs = await OpenLedTabsAsync(3, cancel);
        await Site.Hub.KillAsync();
        foreach (var tab in tabs) await tab.UntilAsync("the countdown is shown", "feed.state.reconnectInMs > 0", cancel);
        await Site.Hub.StartAgainAsync(cancel);
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

    /// <summary>Opens tabs of which the first one leads, and waits until all have the same order.</summary>
    private async Task<Tab[]> OpenLedTabsAsync(int count, CancellationToken cancel)
    {
        var first = await OpenTabAsync();
        await first.UntilAsync("it leads", "feed.state.sharing === 'leading' && feed.state.status === 'live'", cancel);
        Tab[] tabs = [first, .. await OpenTabsAsync(count - 1)];
        await PublishAsync(cancel, "before");
        foreach (var tab in tabs) await tab.HasOrdersAsync(cancel, "before");
        return tabs;
    }

    /// <summary>
    /// The tab that takes over the lead delivers the orders published while no tab led, then the later ones, and none twice.
    /// </summary>
    private async Task TakeOverAsync(Tab[] left, CancellationToken cancel)
    {
        await PublishAsync(cancel, "meanwhile");
        foreach (var tab in left) await tab.HasOrdersAsync(cancel, "before", "meanwhile");
        await OneLeadsAsync(left, cancel);
        await PublishAsync(cancel, "after");
        foreach (var tab in left) await tab.HasOrdersAsync(cancel, "before", "meanwhile", "after");
    }

    private static async Task OneLeadsAsync(Tab[] tabs, CancellationToken cancel) =>
        await Eventually.True("one tab leads, the others follow", async () =>
        {
            var sharing = await Task.WhenAll(tabs.Select(tab => tab.SharingAsync()));
            return sharing.Count(how => how == "leading") == 1 && sharing.Count(how => how == "following") == tabs.Length - 1;
        }, cancel);
}
