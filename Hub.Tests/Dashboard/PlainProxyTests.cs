using Microsoft.Playwright;
using Realtime.Tests.Delivery;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Dashboard;

/// <summary>The page behind an nginx with its defaults, which changes the host, and behind one that strips a path.</summary>
[CancelAfter(120_000)]
internal sealed class PlainProxyTests
{
    private const string Intranet = "intranet.test";
    private const string Plain = "location / { proxy_pass http://hub; }";
    private const string WithoutPort = "location / { proxy_pass http://hub; proxy_set_header Host $host; }";
    private const string WithPort = "location / { proxy_pass http://hub; proxy_set_header Host $http_host; }";
    private const string Upgrade = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;";

    private readonly AsyncDisposables _started = new();
    private ServerProcess _server = null!;
    private Chromium _chromium = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Requires.Command("node");
        _chromium = _started.Add(await Chromium.LaunchAsync());
        _server = _started.Add(await TestServer.StartAsync());
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    [TestCase(Plain)]
    [TestCase(WithoutPort)]
    public async Task Over_plain_http_it_reads_by_EventSource_and_says_what_the_proxy_lacks(string location, CancellationToken cancel)
    {
        await using var nginx = await Balancer.StartPlainNginxAsync(_server.Port, location, cancel: cancel);
        await using var page = await OpenAsync(new UriBuilder(nginx.Address) { Host = Intranet }.Uri);
        var user = await ReadsAsync(page, cancel);
        Assert.That(await page.DetailsAsync(), Does.StartWith("EventSource"));

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Mark all as read" }).ClickAsync();
        await SaysAsync(page.Page.Locator(".notice"));
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await SaysAsync(page.Page.GetByRole(AriaRole.Alert));
        await page.Page.GetByText(user, new() { Exact = true }).WaitForAsync();

        await page.Page.GetByLabel("Long polling", new() { Exact = true }).CheckAsync();
        await SaysAsync(page.Page.Locator(".state[data-state=reconnecting] small"));
    }

    [Test]
    public async Task Over_plain_http_with_the_port_in_Host_everything_works(CancellationToken cancel)
    {
        await using var nginx = await Balancer.StartPlainNginxAsync(_server.Port, WithPort, cancel: cancel);
        await using var page = await OpenAsync(new UriBuilder(nginx.Address) { Host = Intranet }.Uri);
        await ReadsAsync(page, cancel);
        await AcknowledgesAndSignsOutAsync(page);
    }

    [TestCase(Plain)]
    [TestCase(WithoutPort)]
    [TestCase("location / { proxy_pass http://hub; " + Upgrade + " }")]
    public async Task Over_https_everything_works_whatever_the_proxy_makes_of_the_host(string location, CancellationToken cancel)
    {
        await using var nginx = await Balancer.StartPlainNginxAsync(_server.Port, location, cancel: cancel);
        await using var tls = new TlsProxy(nginx.Address.Port, Intranet);
        await using var page = await OpenAsync(new Uri($"https://{Intranet}:{tls.Port}/"), new() { IgnoreHTTPSErrors = true });
        await ReadsAsync(page, cancel);
        Assert.That(await page.DetailsAsync(), Does.Not.StartWith("EventSource"), "negotiating is allowed");
        await AcknowledgesAndSignsOutAsync(page);
    }

    [Test]
    public async Task Below_a_path_that_the_proxy_strips_everything_works(CancellationToken cancel)
    {
        await using var nginx = await Balancer.StartPlainNginxAsync(
            _server.Port, $"location /shop/ {{ proxy_pass http://hub/; proxy_set_header Host $http_host; {Upgrade} }}", "/shop/", cancel);
        await using var page = await OpenAsync(nginx.Address);
        await ReadsAsync(page, cancel);
        Assert.That(await page.DetailsAsync(), Does.StartWith("WebSockets"));
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Operator" }).ClickAsync();
        await page.Page.GetByLabel("Token").First.WaitForAsync();
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Transport lab" }).ClickAsync();
        foreach (var lane in (string[])["webSockets", "serverSentEvents", "longPolling", "eventSource"])
            await page.Page.Locator($"[data-lane={lane}] [data-state=live]").WaitForAsync();
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Realtime" }).ClickAsync();
        await page.LiveAsync();
        await AcknowledgesAndSignsOutAsync(page);
        Assert.That(page.Requests.Select(request => new Uri(request.Url).AbsolutePath), Is.All.StartsWith("/shop/"));
        Assert.That(page.Complaints, Is.Empty);
    }

    private async Task<DashboardPage> OpenAsync(Uri address, BrowserNewContextOptions? options = null) =>
        await DashboardPage.OpenAsync(_chromium, address, options);

    /// <summary>Signs a new user in, and waits until the page shows the orders published to that user.</summary>
    private async Task<string> ReadsAsync(DashboardPage page, CancellationToken cancel)
    {
        var user = $"user-{Guid.NewGuid():N}";
        await page.SignInWithAsync(Tokens.For(user));
        await _server.PublishAsync(user, "CA-1", cancel);
        await page.ShowsAsync(["CA-1 placed"], cancel);
        return user;
    }

    private static async Task SaysAsync(ILocator place) =>
        await place.Filter(new() { HasText = "Let the proxy pass on Host with its port" }).First.WaitForAsync();

    private static async Task AcknowledgesAndSignsOutAsync(DashboardPage page)
    {
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Mark all as read" }).ClickAsync();
        await page.Page.Locator(".badge").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.Page.GetByLabel("Bearer token (a JWT)").WaitForAsync();
    }
}
