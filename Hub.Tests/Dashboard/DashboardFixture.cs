using System.Net.Http.Json;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Dashboard;

/// <summary>A development server without the demo, and a browser, for all tests of a fixture.</summary>
internal abstract class DashboardFixture
{
    protected ServerProcess Server { get; private set; } = null!;

    protected Chromium Chromium { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Chromium = await Chromium.LaunchAsync();
        Server = await ServerProcess.StartAsync(new() { Settings = new Dictionary<string, string> { ["Hub:Auth:SigningKey"] = Tokens.SigningKey } });
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (Server is not null) await Server.DisposeAsync();
        if (Chromium is not null) await Chromium.DisposeAsync();
    }

    protected Task<DashboardPage> OpenAsync() => DashboardPage.OpenAsync(Chromium, Server);

    protected Task PlaceAsync(string customer, string orderId, CancellationToken cancel, object? data = null) =>
        PublishAsync("order.created", customer, orderId, data ?? new { city = "Seattle", state = "Washington", total = 12.5 }, cancel);

    protected Task ShipAsync(string customer, string orderId, CancellationToken cancel) => PublishAsync("order.shipped", customer, orderId, new { }, cancel);

    protected async Task PublishAsync(string type, string customer, string orderId, object data, CancellationToken cancel)
    {
        using var request = TestServer.Request(HttpMethod.Post, "/api/notifications", Tokens.Publisher());
        request.Content = JsonContent.Create(new { to = new { users = new[] { customer } }, type, orderId, data });
        using var answer = await Server.Http.SendAsync(request, cancel);
        Assert.That((int)answer.StatusCode, Is.EqualTo(202), await answer.Content.ReadAsStringAsync(cancel));
    }
}
