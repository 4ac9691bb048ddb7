using System.Net.Sockets;
using System.Text;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>Tokens in the query: only where browsers need it, and never in a log.</summary>
internal sealed class QueryTokenTests : ContractTests
{
    [TestCase("GET", "/api/notifications?access_token={0}", 200)]
    [TestCase("GET", "/api/notifications/?limit=1&access_token={0}", 200)]
    [TestCase("GET", "/api/notifications?%61ccess_token={0}", 200)]
    [TestCase("GET", "/api/notifications?access_token={0}&access_token={0}", 401)]
    [TestCase("GET", "/api/notifications?access_token=", 401)]
    [TestCase("GET", "/api/notifications/unread?access_token={0}", 401)]
    [TestCase("PUT", "/api/notifications/acknowledged?access_token={0}", 401)]
    [TestCase("POST", "/api/notifications?access_token={0}", 401)]
    [TestCase("POST", "/api/notifications/batch?access_token={0}", 401)]
    [TestCase("POST", "/hubs/orders/negotiate?negotiateVersion=1&access_token={0}", 200)]
    [TestCase("GET", "/hubs/orders?id=nobody&access_token={0}", 404)]
    [TestCase("POST", "/hubs/orders?access_token={0}&id=nobody", 404)]
    [TestCase("DELETE", "/hubs/orders?id=nobody&access_token={0}", 404)]
    [TestCase("POST", "/hubs/orders/negotiate/more?access_token={0}", 404)]
    [TestCase("POST", "/hubs/operators/negotiate?negotiateVersion=1&access_token={0}", 403)]
    [TestCase("GET", "/Hubs/Operators/?id=nobody&access_token={0}", 403)]
    [TestCase("POST", "/hubs/operators?access_token={0}&id=nobody", 403)]
    [TestCase("GET", "/api/admin/stats?access_token={0}", 401)]
    public async Task A_token_in_the_query_counts_on_the_hubs_and_for_reading_only(
        string method, string target, int status, CancellationToken cancel)
    {
        var answer = await SendAsync(method, string.Format(null, target, Tokens.Publisher()), null, method == "GET"
            ? null
            : "", cancel, Json);
        Assert.That(answer.Status, Is.EqualTo(status), answer.Text);
    }

    [TestCase("/hubs/orders")]
    [TestCase("/hubs/operators")]
    public async Task A_token_in_the_query_is_in_no_log_line_at_any_level(string hub, CancellationToken cancel)
    {
        await using var server = await TestServer.StartLoggingEverythingAsync(cancel);
        // A good one, a bad one, one cut short, one that is no token at all, one with line ends.
        var good = Tokens.For("logged-user", null, "admin");
        string[] tokens = [good, Tokens.Mint("""{"sub":"secret-claim"}"""), good[..^3], "secret-text", "secret%0d%0atext", "secret%ff"];
        string[] targets = ["/api/notifications?{0}", hub + "/negotiate?negotiateVersion=1&{0}", hub + "?id=x&{0}", hub
            + "?{0}", "/nothing/here?{0}", "/api/notifications/unread?{0}", "/?{0}"];
        string[] names = ["access_token", "ACCESS_TOKEN", "access%5Ftoken"];
        foreach (var pair in names.SelectMany(name => tokens.Select(token => $"{name}={token}")))
        {
            foreach (var target in targets)
                await RawHttp.SendAsync(
                    server.Address, "GET", string.Format(null, target, pair), null, null, cancel, "Accept: application/json");
        }
        // Requests that the web server refuses before they reach our code.
        await RawHttp.SendAsync(server.Address, $"GET /api/notifications?access_token={good} HTTP/9.9\r\n\r\n", cancel);
        await RawHttp.SendAsync(
            server.Address, $"GET /api/notifications?access_token={good}\u0001 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", cancel);
        await RawHttp.SendAsync(server.Address, "GET", $"/api/notifications?access_token={good}", null, null, cancel, "Broken header");
        await StreamAsync(server, $"/api/notifications?access_token={good}", "Accept: text/event-stream", cancel);
        await StreamAsync(server, $"{hub}?access_token={good}",
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            cancel);

        await server.StopAsync();
        Assert.That(server.Output, Does.Contain("Now listening on").And.Contain("dbug:").And.Contain("trce:"),
            "it did log everything, and all of it is here");
        foreach (var part in tokens.SelectMany(token => token.Split('.')).Append("access_token=").Append("secret")
            .Where(part => part.Length > 5 && part != good.Split('.')[0]))
            Assert.That(server.Output, Does.Not.Contain(part).IgnoreCase, "a part of a token");
    }

    private static async Task StreamAsync(ServerProcess server, string target, string headers, CancellationToken cancel)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Address.Host, server.Address.Port, cancel);
        await client.GetStream()
            .WriteAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: {server.Address.Authority}\r\n{headers}\r\n\r\n"), cancel);
        Assert.That(await client.GetStream().ReadAsync(new byte[1_024], cancel), Is.Positive);
    }
}
