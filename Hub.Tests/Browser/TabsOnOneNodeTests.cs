using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Browser;

/// <summary>
/// The hub is one server. Also what tabs do without sharing, which depends on the browser alone and is the same with several nodes.
/// </summary>
internal sealed class TabsOnOneNodeTests : TabContract
{
    /// <summary>A link through which no data came in time.</summary>
    private const string Starves = "tab.states.some(state => /Nothing came|took longer|timeout/.test(state.reason))";

    protected override async Task<HubSite> StartHubAsync(IReadOnlyDictionary<string, string> settings) =>
        HubSite.Of(await TestServer.StartAsync(settings));

    [Test, CancelAfter(120_000)]
    public async Task Without_sharing_the_seventh_event_stream_hangs_until_another_is_closed(CancellationToken cancel)
    {
        const string Alone = "transport=eventSource&share=no";
        var tabs = await OpenTabsAsync(6, Alone);
        foreach (var tab in tabs) await tab.IsLiveAsync(cancel);
        var seventh = await OpenTabAsync(Alone);
        await seventh.UntilAsync("nothing reaches it", Starves, cancel);
        Assert.That(
            await seventh.Page.EvaluateAsync<bool>("tab.states.some(state => state.transport !== null)"), Is.False, "It was connected.");
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
    public async Task On_plain_http_of_an_intranet_host_each_tab_connects_by_itself_and_says_so(CancellationToken cancel)
    {
        var tabs = await OpenTabsAsync(2, host: "intranet.test");
        foreach (var tab in tabs) await tab.IsLiveAsync(cancel);
        await PublishAsync(cancel, "a");
        foreach (var tab in tabs) await tab.HasOrdersAsync(cancel, "a");
        Assert.That(await Task.WhenAll(tabs.Select(tab => tab.SharingAsync())), Is.All.EqualTo("unavailable"));
    }
}
