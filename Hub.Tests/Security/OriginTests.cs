using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>Which pages of other sites may use the hub.</summary>
internal sealed class OriginTests : ContractTests
{
    private const string Hub = "/hubs/orders";

    /// <summary>A WebSocket upgrade; answered with 101 the server waits for a handshake, so only the head is read.</summary>
    private async Task<int> UpgradeAsync(CancellationToken cancel, params string[] headers)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(Server.Address.Host, Server.Address.Port, cancel);
        var head = $"GET {Hub} HTTP/1.1\r\nHost: {Server.Address.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + $"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {Tokens.For("alice")}\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n";
        await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(head), cancel);
        var answer = new byte[12];
        await client.GetStream().ReadExactlyAsync(answer, cancel);
        return int.Parse(System.Text.Encoding.ASCII.GetString(answer)[9..], System.Globalization.CultureInfo.InvariantCulture);
    }

    [TestCase("https://evil.example", 403)]
    [TestCase("http://127.0.0.1", 403)]
    [TestCase("null", 403)]
    [TestCase("nonsense", 403)]
    [TestCase("https://shop.example.evil", 403)]
    [TestCase("https://shop.example:8443", 403)]
    [TestCase("http://shop.example", 403)]
    [TestCase("https://shop.example", 101)]
    [TestCase("HTTPS://Shop.Example", 101)]
    [TestCase(null, 101)]
    public async Task An_upgrade_from_an_origin_that_is_not_allowed_is_a_403(string? origin, int status, CancellationToken cancel) =>
        Assert.That(await UpgradeAsync(cancel, origin is null ? [] : [$"Origin: {origin}"]), Is.EqualTo(status));

    [Test]
    public async Task The_same_origin_is_allowed_whatever_the_scheme(CancellationToken cancel)
    {
        Assert.That(await UpgradeAsync(cancel, $"Origin: http://{Server.Address.Authority}"), Is.EqualTo(101));
        Assert.That(await UpgradeAsync(cancel, $"Origin: https://{Server.Address.Authority}"), Is.EqualTo(101));
    }

    [Test]
    public async Task Behind_a_known_proxy_the_host_is_the_forwarded_one(CancellationToken cancel)
    {
        Assert.That(await UpgradeAsync(cancel, "Origin: https://hub.example", "X-Forwarded-Host: hub.example"), Is.EqualTo(101));
        Assert.That(await UpgradeAsync(cancel, "Origin: https://evil.example", "X-Forwarded-Host: hub.example"), Is.EqualTo(403));
    }

    [Test]
    public async Task A_refused_upgrade_is_a_problem(CancellationToken cancel) =>
        (await GetAsync(Hub, Tokens.For("alice"), cancel, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Origin: https://evil.example")).IsProblem(403);

    [Test]
    public async Task A_friendly_page_may_ask_and_read_and_no_other(CancellationToken cancel)
    {
        string[] preflight = ["Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: authorization,content-type,x-signalr-user-agent"];
        foreach (var target in (string[])["/api/notifications/acknowledged", "/hubs/orders/negotiate"])
        {
            var yes = await SendAsync("OPTIONS", target, null, null, cancel, [$"Origin: {SharedServer.FriendlyOrigin}", .. preflight]);
            Assert.That((yes.Status, yes["Access-Control-Allow-Origin"], yes["Access-Control-Allow-Credentials"]), Is.EqualTo((204, SharedServer.FriendlyOrigin, "true")));
            var no = await SendAsync("OPTIONS", target, null, null, cancel, ["Origin: https://evil.example", .. preflight]);
            Assert.That(no["Access-Control-Allow-Origin"], Is.Null);
        }
        var read = await GetAsync("/api/notifications", Tokens.For("alice"), cancel, $"Origin: {SharedServer.FriendlyOrigin}");
        Assert.That((read.Status, read["Access-Control-Allow-Origin"]), Is.EqualTo((200, SharedServer.FriendlyOrigin)));
        var refused = await GetAsync("/api/notifications", null, cancel, $"Origin: {SharedServer.FriendlyOrigin}");
        refused.IsProblem(401);
        Assert.That(refused["Access-Control-Allow-Origin"], Is.EqualTo(SharedServer.FriendlyOrigin), "a page can see why it was refused");
    }
}
