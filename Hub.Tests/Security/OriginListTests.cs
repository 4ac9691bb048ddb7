using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>Origins that are not web addresses, or have letters of their own: one list for CORS, WebSockets and sessions.</summary>
[CancelAfter(60_000)]
internal sealed class OriginListTests
{
    private const string Listed =
        "capacitor://localhost;ionic://localhost;tauri://localhost;app://.;app://-;file://;null;http://[::1]:3000;"
        + "https://Ports.example:443;chrome-extension://abcdefghijklmnopabcdefghijklmnop;moz-extension://0f2a3b4c-1111-2222-3333-444455556666;"
        + "https://bücher.example;https://xn--mller-kva.example;https://STRAßE.example;https://日本語.example:8443";

    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await ServerProcess.StartAsync(new ServerSettings
    {
        Settings = new Dictionary<string, string> { ["Hub:Auth:SigningKey"] = Tokens.SigningKey, ["Hub:Cors:Origins"] = Listed },
    });

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }

    [TestCase("capacitor://localhost", true)]
    [TestCase("ionic://localhost", true)]
    [TestCase("tauri://localhost", true)]
    [TestCase("app://.", true)]
    [TestCase("app://-", true)]
    [TestCase("file://", true)]
    [TestCase("null", true)]
    [TestCase("http://[::1]:3000", true)]
    [TestCase("https://ports.example", true)]
    [TestCase("chrome-extension://abcdefghijklmnopabcdefghijklmnop", true)]
    [TestCase("moz-extension://0F2A3B4C-1111-2222-3333-444455556666", true)]
    [TestCase("https://xn--bcher-kva.example", true)]
    [TestCase("https://xn--mller-kva.example", true)]
    [TestCase("https://xn--strae-oqa.example", true)]
    [TestCase("https://xn--wgv71a119e.example:8443", true)]
    [TestCase("capacitor://localhost:1", false)]
    [TestCase("capacitor://localhost.evil.example", false)]
    [TestCase("chrome-extension://ponmlkjihgfedcbaponmlkjihgfedcba", false)]
    [TestCase("https://localhost", false)]
    [TestCase("https://bucher.example", false)]
    [TestCase("https://xn--bcher-kva.example:8443", false)]
    [TestCase("http://xn--bcher-kva.example", false)]
    public async Task Cors_and_WebSockets_allow_the_same_origins(string origin, bool isAllowed, CancellationToken cancel)
    {
        var token = Tokens.For("alice");
        var read = await RawHttp.SendAsync(_server.Address, "GET", "/api/notifications", token, null, cancel, $"Origin: {origin}");
        var upgrade = await WebSocketUpgrade.AskAsync(
            _server.Address, "/hubs/orders", cancel, $"Authorization: Bearer {token}", $"Origin: {origin}", "Sec-Fetch-Site: cross-site");
        Assert.That((read["Access-Control-Allow-Origin"], upgrade), Is.EqualTo(isAllowed ? (origin, 101) : ((string?)null, 403)));
    }

    [TestCase("capacitor://localhost", 200)]
    [TestCase("https://xn--bcher-kva.example", 200)]
    [TestCase("https://evil.example", 403)]
    [TestCase("null", 403)]
    public async Task A_page_without_an_origin_of_its_own_never_uses_a_session(string origin, int status, CancellationToken cancel)
    {
        var begin = await RawHttp.SendAsync(_server.Address, "POST", "/api/session", Tokens.For("alice"), [], cancel);
        var cookie = "Cookie: " + begin["Set-Cookie"]!.Split(';')[0];
        foreach (var site in (string[])["Sec-Fetch-Site: cross-site", "X-Nothing: 1"])
        {
            var read = await RawHttp.SendAsync(
                _server.Address, "GET", "/api/notifications", null, null, cancel, cookie, $"Origin: {origin}", site);
            Assert.That(read.Status, Is.EqualTo(status), read.Text);
        }
    }
}
