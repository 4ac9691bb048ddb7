using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Realtime.Tests.Browser;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Dashboard;

/// <summary>A hub without the demo, and a browser, for all tests of a fixture.</summary>
internal abstract class DashboardFixture
{
    protected HubSite Hub { get; private set; } = null!;

    protected Chromium Chromium { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        // Without it the page was not built; other tests cover that case.
        Requires.Command("node");
        Chromium = await Chromium.LaunchAsync();
        Hub = await StartHubAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (Hub is not null) await Hub.DisposeAsync();
        if (Chromium is not null) await Chromium.DisposeAsync();
    }

    /// <summary>One server in Development, unless a fixture has another hub.</summary>
    protected virtual async Task<HubSite> StartHubAsync() =>
        HubSite.Of(await ServerProcess.StartAsync(
            new() { Settings = new Dictionary<string, string> { ["Hub:Auth:SigningKey"] = Tokens.SigningKey } }));

    protected Task<DashboardPage> OpenAsync() => DashboardPage.OpenAsync(Chromium, Hub.Address);

    protected Task PlaceAsync(string customer, string orderId, CancellationToken cancel, object? data = null) =>
        PublishAsync("order.created", customer, orderId, data ?? new { city = "Seattle", state = "Washington", total = 12.5 }, cancel);

    protected Task ShipAsync(string customer, string orderId, CancellationToken cancel) =>
        PublishAsync("order.shipped", customer, orderId, new { }, cancel);

    /// <summary>Places orders <c>CA-(from + 1)</c> to <c>CA-(from + count)</c> in one batch.</summary>
    protected async Task PlaceManyAsync(string customer, int count, int from, CancellationToken cancel)
    {
        var lines = new StringBuilder();
        string[] users = [customer];
        for (var n = from + 1; n <= from + count; n++)
        {
            var orderId = string.Create(CultureInfo.InvariantCulture, $"CA-{n}");
            lines.Append(
                JsonSerializer.Serialize(
                    new
                    {
                        to = new { users },
                        type = "order.created",
                        orderId,
                        data = new { city = "Salem", state = "Oregon", total = n }
                    })).Append('\n');
        }
        using var request = TestServer.Request(HttpMethod.Post, "/api/notifications/batch", Tokens.Publisher());
        request.Content = new StringContent(
            lines.ToString(), Encoding.UTF8)
        { Headers = { ContentType = new MediaTypeHeaderValue("application/x-ndjson") } };
        using var answer = await Hub.Http.SendAsync(request, cancel);
        var text = await answer.Content.ReadAsStringAsync(cancel);
        Assert.That(text.Split('\n').Count(line => line.Contains("\"accepted\"", StringComparison.Ordinal)), Is.EqualTo(count));
    }

    protected async Task PublishAsync(string type, string customer, string orderId, object data, CancellationToken cancel)
    {
        using var request = TestServer.Request(HttpMethod.Post, "/api/notifications", Tokens.Publisher());
        request.Content = JsonContent.Create(new { to = new { users = new[] { customer } }, type, orderId, data });
        using var answer = await Hub.Http.SendAsync(request, cancel);
        Assert.That((int)answer.StatusCode, Is.EqualTo(202), await answer.Content.ReadAsStringAsync(cancel));
    }
}
