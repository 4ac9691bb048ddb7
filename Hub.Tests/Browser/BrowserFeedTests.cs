using Microsoft.Playwright;
using Realtime.Tests.Delivery;

namespace Realtime.Tests.Browser;

/// <summary>One tab's feed in a real browser, on each transport: going offline, and being loaded again.</summary>
internal sealed class BrowserFeedTests
{
    private TabSite _site = null!;
    private IPlaywright _playwright = null!;
    private IBrowser _chromium = null!;
    private IBrowserContext _browser = null!;
    private string _user = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _chromium = await Chromium.LaunchAsync(_playwright);
        _site = await TabSite.StartAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_chromium is not null) await _chromium.CloseAsync();
        _playwright?.Dispose();
        if (_site is not null) await _site.DisposeAsync();
    }

    [SetUp]
    public async Task OpenAsync()
    {
        _browser = await _chromium.NewContextAsync();
        _user = $"user-{Guid.NewGuid():N}";
    }

    [TearDown]
    public async Task CloseAsync() => await _browser.CloseAsync();

    [CancelAfter(90_000)]
    [TestCase("webSockets"), TestCase("serverSentEvents"), TestCase("longPolling"), TestCase("eventSource")]
    public async Task A_page_that_is_loaded_again_goes_on_from_its_kept_cursor(string transport, CancellationToken cancel)
    {
        var tab = await _site.OpenAsync(_browser, _user, $"transport={transport}");
        await PublishAsync(cancel, "a", "b");
        await tab.HasOrdersAsync(cancel, "a", "b");
        await tab.Page.GotoAsync("about:blank");
        await PublishAsync(cancel, "c");
        await tab.Page.GoBackAsync();
        await tab.HasOrdersAsync(cancel, "c");
        Assert.That(await tab.Page.EvaluateAsync<string>("feed.state.transport"), Is.EqualTo(transport));
    }

    [CancelAfter(120_000)]
    [TestCase("webSockets"), TestCase("serverSentEvents"), TestCase("longPolling"), TestCase("eventSource")]
    public async Task A_page_that_was_offline_catches_up_as_soon_as_it_is_online(string transport, CancellationToken cancel)
    {
        var tab = await _site.OpenAsync(_browser, _user, $"transport={transport}");
        await PublishAsync(cancel, "a");
        await tab.HasOrdersAsync(cancel, "a");
        await _browser.SetOfflineAsync(true);
        await tab.UntilAsync("it has noticed", "feed.state.status === 'reconnecting' || feed.state.status === 'connecting'", cancel);
        await PublishAsync(cancel, "b");
        await _browser.SetOfflineAsync(false);
        await tab.HasOrdersAsync(cancel, "a", "b");
        await tab.IsLiveAsync(cancel);
    }

    private async Task PublishAsync(CancellationToken cancel, params string[] ids)
    {
        foreach (var id in ids) await _site.Server.PublishAsync(_user, id, cancel);
    }
}
