namespace Realtime.Tests.Browser;

/// <summary>One tab's feed in a real browser, on each transport: going offline, and being loaded again.</summary>
internal sealed class BrowserFeedTests : TabFixture
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
        await Browser.SetOfflineAsync(false);
        await tab.HasOrdersAsync(cancel, "a", "b");
        await tab.IsLiveAsync(cancel);
    }
}
