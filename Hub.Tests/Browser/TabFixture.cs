using Microsoft.Playwright;
using Realtime.Tests.Support;

namespace Realtime.Tests.Browser;

/// <summary>One Chromium, one site and one hub for a class of tests; each test has a browser profile and a user of its own.</summary>
internal abstract class TabFixture
{
    private Chromium? _chromium;
    private TabSite? _site;
    private string _user = "";

    protected TabSite Site => _site!;

    /// <summary>This test's browser. Only its own tabs share its storage.</summary>
    protected IBrowserContext Browser { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _chromium = await Chromium.LaunchAsync();
        _site = await TabSite.StartAsync(StartHubAsync);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_chromium is not null) await _chromium.DisposeAsync();
        if (_site is not null) await _site.DisposeAsync();
    }

    [SetUp]
    public async Task OpenBrowserAsync()
    {
        Browser = await _chromium!.NewContextAsync();
        _user = $"user-{Guid.NewGuid():N}";
    }

    [TearDown]
    public async Task CloseBrowserAsync() => await Browser.CloseAsync();

    /// <summary>One server, or several nodes as one.</summary>
    protected abstract Task<HubSite> StartHubAsync(IReadOnlyDictionary<string, string> settings);

    /// <inheritdoc cref="TabSite.OpenAsync"/>
    protected Task<Tab> OpenTabAsync(string query = "", string host = "127.0.0.1") => Site.OpenAsync(Browser, _user, query, host);

    protected async Task<Tab[]> OpenTabsAsync(int count, string query = "", string host = "127.0.0.1")
    {
        var tabs = new Tab[count];
        for (var i = 0; i < count; i++) tabs[i] = await OpenTabAsync(query, host);
        return tabs;
    }

    /// <summary>Publishes orders to this test's user.</summary>
    protected async Task PublishAsync(CancellationToken cancel, params string[] ids)
    {
        foreach (var id in ids) await Site.Hub.PublishAsync(_user, id, cancel);
    }
}
