using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Realtime.Client;

namespace Shop.Tests;

[TestFixture(Transport.WebSockets)]
[TestFixture(Transport.ServerSentEvents)]
[TestFixture(Transport.LongPolling)]
[TestFixture(Transport.EventSource)]
[CancelAfter(120_000)]
internal sealed class OrdersArriveTests(Transport transport)
{
    private static readonly string[] Publisher = ["publisher"];

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("shop-tests-");
    private Process _hub = null!;
    private HttpClient _http = null!;

    [OneTimeSetUp]
    public async Task StartHubAsync()
    {
        _http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new($"http://127.0.0.1:{FreePort()}") };
        // HUB_SERVER is the path of Hub.Server.dll, from dotnet publish Hub.Server. In Development, the server issues tokens itself.
        var start = new ProcessStartInfo("dotnet", [Environment.GetEnvironmentVariable("HUB_SERVER")!, "--urls", $"{_http.BaseAddress}"]);
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        start.Environment["Hub__DataPath"] = _data.FullName;
        _hub = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await IsReadyAsync(limit.Token)) await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);
    }

    [OneTimeTearDown]
    public async Task StopHubAsync()
    {
        _hub.Kill(entireProcessTree: true);
        await _hub.WaitForExitAsync();
        _hub.Dispose();
        _http.Dispose();
        _data.Delete(recursive: true);
    }

    [Test]
    public async Task A_published_order_arrives(CancellationToken cancel)
    {
        await using var feed = await OrderFeed.ConnectAsync(new()
        {
            Server = _http.BaseAddress,
            Token = async stop => await TokenAsync(new { user = "ann" }, stop),
            Transports = [transport],
        }, cancel);
        await PublishAsync("ann", "1001", cancel);
        await foreach (var order in feed.ReadAllAsync(cancel))
        {
            Assert.That((order.Type, order.OrderId), Is.EqualTo(("order.created", "1001")));
            break;
        }
        Assert.That(feed.Transport, Is.EqualTo(transport));
    }

    private async Task PublishAsync(string user, string orderId, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/notifications");
        var token = await TokenAsync(new { user = "shop", roles = Publisher }, cancel);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Content = JsonContent.Create(new { to = new { users = new[] { user } }, type = "order.created", orderId });
        using var answer = await _http.SendAsync(request, cancel);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Accepted), await answer.Content.ReadAsStringAsync(cancel));
    }

    private async Task<string> TokenAsync(object who, CancellationToken cancel)
    {
        using var answer = await _http.PostAsJsonAsync("/dev/token", who, cancel);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("accessToken").GetString()!;
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancel)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri("/health/ready", UriKind.Relative), cancel);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
