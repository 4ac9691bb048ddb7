using System.Net.Sockets;
using System.Text;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;
using Realtime.Tests.Telemetry;

namespace Realtime.Tests.Operations;

/// <summary>
/// Clients that leave while they send a body, by a reset or by a FIN: nothing is logged, and no 5xx is counted.
/// </summary>
[CancelAfter(120_000)]
internal sealed class LeftBodyTests
{
    private const string Line = """{"to":{"users":["alice"]},"type":"order.created","orderId":"1"}""";

    /// <summary>Everything that has a body, with what a client has sent of it when it leaves.</summary>
    private static readonly (string Method, string Target, string Type, string Begun)[] Bodies =
    [
        ("POST", "/api/notifications", "application/json", "{\"to\":"),
        ("POST", "/api/notifications/batch", "application/x-ndjson", Line + "\n" + Line + "\n{\"to\""),
        ("PUT", "/api/notifications/acknowledged", "application/json", "{\"cur"),
        ("POST", "/api/session", "application/json", "{"),
        ("DELETE", "/api/session", "application/json", "{"),
        ("POST", "/dev/token", "application/json", "{\"user\":"),
        ("POST", "/api/admin/disconnect?user=nobody-known", "application/json", "{\"reason\":"),
        ("POST", "/api/admin/erase", "application/json", "{\"us"),
        ("POST", "/hubs/orders/negotiate?negotiateVersion=1", "text/plain", "x"),
        ("POST", "/hubs/orders?id=unknown", "text/plain", "{\"protocol\""),
    ];

    private readonly AsyncDisposables _started = new();
    private ServerProcess[] _servers = null!;
    private Uri[] _metrics = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        var redis = _started.Add(await RedisServers.StartAsync());
        var single = Scrape.NewAddress();
        var one = Scrape.NewAddress();
        _metrics = [single.Address, one.Address];
        _servers =
        [
            _started.Add(await TestServer.StartAsync(Settings(single.Setting))),
            _started.Add(await TestServer.StartAsync(Settings(one.Setting, ("ConnectionStrings:Redis", redis.ConnectionString)))),
        ];
        // The first session makes keys, which is logged.
        foreach (var server in _servers)
        {
            var answer = await RawHttp.SendAsync(
                server.Address, "POST", "/api/session", Tokens.For("boss"), [], TestContext.CurrentContext.CancellationToken);
            Assert.That(answer.Status, Is.EqualTo(204), answer.Text);
        }
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    [Test]
    public async Task Nothing_is_logged_and_no_failure_is_counted(
        [Values("SQLite", "Redis")] string store, [Values("length", "chunks")] string framing, [Values("reset", "fin")] string way,
        CancellationToken cancel)
    {
        var index = store == "SQLite" ? 0 : 1;
        var server = _servers[index];
        var before = server.Output.Length;
        foreach (var body in Bodies)
        {
            for (var n = 0; n < 3; n++) await LeaveAsync(server, body, framing == "length", way == "reset", atOnce: n == 2, cancel);
        }
        await Eventually.True("all connections of those who left are closed", async () =>
            (await Scrape.OfAsync(_metrics[index], cancel)).Sum("kestrel_active_connections", $"server_port={server.Port}") <= 1, cancel);
        Assert.That(server.Output[before..].Trim(), Is.Empty);
        var scrape = await Scrape.OfAsync(_metrics[index], cancel);
        var counted = scrape.All.Where(series => series.Name == "http_server_request_duration_seconds_count").ToList();
        Assert.That(counted.Sum(series => series.Value), Is.Positive);
        Assert.That(counted.Where(series => series.Labels.Any(Is5xx)).Select(series => string.Join(' ', series.Labels)), Is.Empty);
        await server.PublishAsync("alice", "order 1", cancel);
    }

    private static bool Is5xx(string label) => label.StartsWith("http_response_status_code=5", StringComparison.Ordinal);

    private static async Task LeaveAsync(
        ServerProcess server, (string Method, string Target, string Type, string Begun) body, bool hasLength, bool reset, bool atOnce,
        CancellationToken cancel)
    {
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(server.Address.Host, server.Port, cancel);
        var framing = hasLength ? "Content-Length: 1000" : "Transfer-Encoding: chunked";
        var expect = atOnce ? "" : "Expect: 100-continue\r\n";
        var head = $"{body.Method} {body.Target} HTTP/1.1\r\nHost: localhost\r\n{expect}"
            + $"Authorization: Bearer {Tokens.For("boss", null, "publisher", "admin")}\r\nContent-Type: {body.Type}\r\n{framing}\r\n\r\n";
        await client.SendAsync(Encoding.ASCII.GetBytes(head), cancel);
        // The server says 100 when it begins to read the body, or answers at once where it needs none.
        if (!atOnce) Assert.That(await client.ReceiveAsync(new byte[4_096], cancel), Is.Positive, body.Target);
        var part = hasLength ? body.Begun : $"{body.Begun.Length + 100:x}\r\n{body.Begun}";
        await client.SendAsync(Encoding.ASCII.GetBytes(part), cancel);
        if (reset) client.LingerState = new LingerOption(enable: true, seconds: 0);
    }

    private static Dictionary<string, string> Settings(string metrics, params (string Name, string Value)[] more) =>
        new(more.Select(pair => KeyValuePair.Create(pair.Name, pair.Value)))
        {
            ["Hub:Metrics:Address"] = metrics,
            ["Logging:LogLevel:Realtime"] = "Information",   // the web server's categories keep to the server's own Warning
        };
}
