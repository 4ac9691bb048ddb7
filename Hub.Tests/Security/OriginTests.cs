using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>Which pages of other sites may use the hub.</summary>
internal sealed class OriginTests : ContractTests
{
    private const string Hub = "/hubs/orders";

    private Task<int> UpgradeAsync(CancellationToken cancel, params string[] headers) =>
        WebSocketUpgrade.AskAsync(Server.Address, Hub, cancel, [$"Authorization: Bearer {Tokens.For("alice")}", .. headers]);

    [TestCase("https://evil.example", 403)]
    [TestCase("http://127.0.0.1", 403)]
    [TestCase("null", 403)]
    [TestCase("nonsense", 403)]
    [TestCase("https://shop.example.evil", 403)]
    [TestCase("https://shop.example:8443", 403)]
    [TestCase("http://shop.example", 403)]
    [TestCase("capacitor://localhost", 403)]
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

    [TestCase("same-origin", "https://hub.example", 101)]
    [TestCase("none", "https://hub.example", 101)]
    [TestCase("same-site", "https://hub.example", 403)]
    [TestCase("cross-site", "https://hub.example", 403)]
    [TestCase("same-site", SharedServer.FriendlyOrigin, 101)]
    [TestCase("cross-site", SharedServer.FriendlyOrigin, 101)]
    [TestCase("same-origin", "null", 403)]
    public async Task Sec_Fetch_Site_decides_whatever_the_proxy_made_of_the_host(
        string site, string origin, int status, CancellationToken cancel)
    {
        Assert.That(await UpgradeAsync(cancel, $"Origin: {origin}", $"Sec-Fetch-Site: {site}"), Is.EqualTo(status));
        string[] forwarded = [$"Origin: {origin}", $"Sec-Fetch-Site: {site}", "X-Forwarded-Host: other.example"];
        Assert.That(await UpgradeAsync(cancel, forwarded), Is.EqualTo(status));
    }

    [Test]
    public async Task An_app_on_localhost_is_no_page_of_a_server_on_localhost(CancellationToken cancel)
    {
        Assert.That(await UpgradeAsync(cancel, "Host: localhost", "Origin: http://localhost"), Is.EqualTo(101));
        Assert.That(await UpgradeAsync(cancel, "Host: localhost", "Origin: capacitor://localhost"), Is.EqualTo(403));
    }

    [TestCase("shop.test:8080", "http://shop.test:8080", 101)]
    [TestCase("shop.test", "http://shop.test:8080", 403)]
    [TestCase("shop.test:443", "https://shop.test", 101)]
    [TestCase("SHOP.test", "https://shop.test", 101)]
    public async Task Host_is_compared_with_its_port(string host, string origin, int status, CancellationToken cancel) =>
        Assert.That(await UpgradeAsync(cancel, $"Host: {host}", $"Origin: {origin}"), Is.EqualTo(status));

    [Test]
    public async Task A_refusal_that_may_be_the_proxys_fault_names_its_settings_and_is_logged_once_a_minute(CancellationToken cancel)
    {
        var cookie = await CookieAsync(Tokens.For("alice"), cancel);
        var before = Logged();
        string[] upgrade =
            ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];
        RawAnswer[] refused =
        [
            await SendAsync("POST", Hub + "/negotiate?negotiateVersion=1", null, "", cancel, cookie, "Origin: https://shop.test:8443"),
            await SendAsync("PUT", "/api/notifications/acknowledged", null, "{}", cancel, cookie, Json, "Origin: https://shop.test:8443"),
            await SendAsync("DELETE", "/api/session", null, null, cancel, cookie, "Origin: https://shop.test:8443"),
            await GetAsync(Hub, Tokens.For("alice"), cancel, [.. upgrade, "Origin: https://shop.test:8443"]),
        ];
        foreach (var answer in refused)
        {
            answer.IsProblem(403);
            foreach (var word in (string[])["Host with its port", "X-Forwarded-Host", "known proxy", "Hub:Cors:Origins"])
                Assert.That(answer.Text, Does.Contain(word));
        }
        await Eventually.True("the log says so", () => Logged() > 0, cancel);
        // An earlier test may have caused the line of this minute, and a new minute may begin during this one.
        Assert.That(Logged() - before, Is.LessThan(refused.Length - 1));

        int Logged() => Server.Output.Split(".AllowedOrigins[2804]").Length - 1;
    }

    private async Task<string> CookieAsync(string token, CancellationToken cancel) =>
        "Cookie: " + (await SendAsync("POST", "/api/session", token, "", cancel))["Set-Cookie"]!.Split(';')[0];

    [Test]
    public async Task A_refused_upgrade_is_a_problem(CancellationToken cancel) =>
        (await GetAsync(Hub, Tokens.For("alice"), cancel, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Origin: https://evil.example")).IsProblem(403);

    [Test]
    public async Task A_friendly_page_may_ask_and_read_and_no_other(CancellationToken cancel)
    {
        string[] preflight = ["Access-Control-Request-Method: PUT",
            "Access-Control-Request-Headers: authorization,content-type,x-signalr-user-agent,x-signalr-connection-token"];
        foreach (var target in (string[])["/api/notifications/acknowledged", "/hubs/orders/negotiate", "/hubs/orders/refresh"])
        {
            var yes = await SendAsync("OPTIONS", target, null, null, cancel, [$"Origin: {SharedServer.FriendlyOrigin}", .. preflight]);
            Assert.That((yes.Status, yes["Access-Control-Allow-Origin"], yes["Access-Control-Allow-Credentials"]),
                Is.EqualTo((204, SharedServer.FriendlyOrigin, "true")));
            Assert.That(yes["Access-Control-Allow-Headers"], Does.Contain("x-signalr-connection-token"));
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
