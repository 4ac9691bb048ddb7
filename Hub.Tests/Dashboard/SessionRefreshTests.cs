using System.Text.Json.Nodes;
using Realtime.Tests.Support;

namespace Realtime.Tests.Dashboard;

/// <summary>The page renews its session while it is connected.</summary>
[CancelAfter(180_000)]
internal sealed class SessionRefreshTests : DashboardFixture
{
    /// <summary>The page renews at half of it.</summary>
    private const int SessionSeconds = 20;

    // Two renewals and the time of a slow machine.
    private static readonly TimeSpan RenewalLimit = TimeSpan.FromSeconds(3 * SessionSeconds);

    [TestCase("WebSockets")]
    [TestCase("EventSource")]
    public async Task A_connection_outlives_the_session_that_it_began_with(string transport, CancellationToken cancel)
    {
        const string Customer = "RB-19465";
        await using var page = await OpenAsync();
        await page.Page.RouteAsync("**/dev/token", route =>
        {
            var request = JsonNode.Parse(route.Request.PostData!)!.AsObject();
            request["expiresInSeconds"] = SessionSeconds;
            return route.ContinueAsync(new() { PostData = System.Text.Encoding.UTF8.GetBytes(request.ToJsonString()) });
        });
        await page.SignInAsync(Customer);
        await page.SwitchToAsync(transport);
        var (connections, renewals) = (Connections(page), Renewals(page));
        // The second one comes after the end of the session that this connection began with.
        await Eventually.True("the session is renewed twice", () => Renewals(page) >= renewals + 2, RenewalLimit, cancel);
        await PlaceAsync(Customer, $"CA-{transport}", cancel);
        await Eventually.True("the page shows the order",
            async () => (await page.OrdersAsync()).Contains($"CA-{transport} placed"), cancel);
        Assert.That(Connections(page), Is.EqualTo(connections), "the page connected again");
        Assert.That(page.Complaints, Is.Empty);
    }

    private static int Connections(DashboardPage page) =>
        page.WebSocketsOpened + page.Requests.Count(request => request.ResourceType == "eventsource");

    private static int Renewals(DashboardPage page) =>
        page.Requests.Count(request => request.Method == "POST" && request.Url.EndsWith("/api/session", StringComparison.Ordinal));
}
