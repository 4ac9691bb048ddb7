using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Realtime.Tests.Delivery;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations.Operators;

/// <summary>The operators' hub of one node without Redis.</summary>
[CancelAfter(120_000)]
internal sealed class OperatorsHubTests
{
    private const string Negotiate = "/hubs/operators/negotiate?negotiateVersion=1";

    private static readonly string Admin = Tokens.For("boss", null, "admin");

    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await TestServer.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }

    [TestCase(HttpTransportType.WebSockets)]
    [TestCase(HttpTransportType.ServerSentEvents)]
    [TestCase(HttpTransportType.LongPolling)]
    public async Task Statistics_come_as_the_administration_shows_them(HttpTransportType transport, CancellationToken cancel)
    {
        await using var client = await OperatorClient.ConnectAsync(_server.Address, transport, cancel);
        await client.SeesAsync(1, cancel);
        var stats = client.Nodes.Values.Single();
        var at = stats.GetProperty("at").GetDateTimeOffset();
        await Eventually.True("they come again", () => client.Nodes.Values.Single().GetProperty("at").GetDateTimeOffset() > at, cancel);

        using var answer = await _server.Http.SendAsync(TestServer.Request(HttpMethod.Get, "/api/admin/stats", Admin), cancel);
        var shown = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancel)).RootElement.GetProperty("nodes")[0];
        Assert.That(stats.EnumerateObject().Select(it => it.Name), Is.EqualTo(shown.EnumerateObject().Select(it => it.Name)));
        Assert.That(stats.GetProperty("id").GetString(), Is.EqualTo(shown.GetProperty("id").GetString()));
        Assert.That(shown.GetProperty("connections")
            .GetRawText(), Is.EqualTo("""{"webSockets":0,"serverSentEvents":0,"longPolling":0,"eventSource":0}"""),
            "operators are no readers");
    }

    [Test]
    public async Task An_announcement_reaches_every_operator_with_its_author(CancellationToken cancel)
    {
        await using var one = await OperatorClient.ConnectAsync(_server.Address, HttpTransportType.WebSockets, cancel, "ann");
        await using var two = await OperatorClient.ConnectAsync(_server.Address, HttpTransportType.LongPolling, cancel, "bob");
        string[] texts = ["x", "<b>not bold</b> ☂", new string('x', 1_000)];
        foreach (var text in texts) await one.AnnounceAsync(text, cancel);
        foreach (var client in (OperatorClient[])[one, two])
        {
            await Eventually.True("all have come", () => client.Announcements.Count == texts.Length, cancel);
            Assert.That(client.Announcements.Select(it => it.GetProperty("text").GetString()), Is.EqualTo(texts));
            foreach (var announcement in client.Announcements)
            {
                Assert.That(announcement.EnumerateObject().Select(it => it.Name), Is.EqualTo(["text", "by", "at"]));
                Assert.That(announcement.GetProperty("by").GetString(), Is.EqualTo("ann"));
                Assert.That(announcement.GetProperty("at").GetDateTimeOffset(), Is.EqualTo(TimeProvider.System.GetUtcNow())
                    .Within(TimeSpan.FromMinutes(1)));
            }
        }
    }

    [TestCase(null)]
    [TestCase(0)]
    [TestCase(1_001)]
    public async Task An_announcement_of_another_length_is_refused_with_a_sentence(int? length, CancellationToken cancel)
    {
        await using var client = await OperatorClient.ConnectAsync(_server.Address, HttpTransportType.WebSockets, cancel);
        var text = length is { } units ? new string('x', units) : null;
        Assert.That(() => client.AnnounceAsync(text, cancel),
            Throws.TypeOf<HubException>().With.Message.Contains("An announcement has 1 to 1,000 UTF-16 code units."));
        Assert.That(client.Announcements, Is.Empty);
        await client.AnnounceAsync("the connection goes on", cancel);
    }

    [Test]
    public async Task Only_an_admin_gets_in_and_only_by_a_token(CancellationToken cancel)
    {
        using var session = await _server.Http.SendAsync(TestServer.Request(HttpMethod.Post, "/api/session", Admin), cancel);
        var cookie = session.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        foreach (var (method, path) in new[] { ("POST", Negotiate), ("GET", "/hubs/operators?id=x"), ("POST", "/hubs/operators?id=x"),
            ("DELETE", "/hubs/operators?id=x") })
        {
            var found = path == Negotiate ? 200 : 404;
            Assert.That(await StatusAsync(path, Admin), Is.EqualTo(found), path);
            Assert.That(await StatusAsync($"{path}&access_token={Admin}"), Is.EqualTo(found), $"{path}: in the query");
            Assert.That(await StatusAsync(path, Tokens.For("reader")), Is.EqualTo(403), path);
            Assert.That(await StatusAsync(path, Tokens.Publisher()), Is.EqualTo(403), path);
            Assert.That(await StatusAsync($"{path}&access_token={Tokens.Publisher()}"), Is.EqualTo(403), path);
            Assert.That(await StatusAsync(path), Is.EqualTo(401), path);
            Assert.That(await StatusAsync(path, cookie: true), Is.EqualTo(401), $"{path}: a session is no operator");

            async Task<int> StatusAsync(string target, string? token = null, bool cookie = false)
            {
                var body = method == "GET" ? null : Array.Empty<byte>();
                return (await RawHttp.SendAsync(_server.Address, method, target, token, body, cancel, cookie
                    ? [CookieHeader()]
                    : [])).Status;
            }
        }
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", cookie);
        Assert.That(() => socket.ConnectAsync(new Uri($"ws://127.0.0.1:{_server.Port}/hubs/operators"), cancel),
            Throws.TypeOf<WebSocketException>().With.Message.Contains("401"));

        string CookieHeader() => $"Cookie: {cookie}";
    }

    [TestCase("/hubs/orders", "/hubs/operators")]
    [TestCase("/hubs/operators", "/hubs/orders")]
    public async Task A_connection_of_one_hub_is_unknown_to_the_other(string hub, string other, CancellationToken cancel)
    {
        var connection = await RawConnection.NegotiateAsync(_server.Address, Admin, cancel, hub);
        var elsewhere = connection.On(other);
        Assert.That(await elsewhere.PollAsync(_server.Address, cancel), Is.EqualTo((404, RawConnection.UnknownToSignalR)));
        Assert.That(
            await elsewhere.PostAsync(_server.Address, RawConnection.Handshake, cancel), Is.EqualTo((404, RawConnection.UnknownToSignalR)));
        Assert.That((await elsewhere.OpenWebSocketAsync(_server.Address, cancel)).Status, Is.EqualTo(404));
        Assert.That((await connection.OpenWebSocketAsync(_server.Address, cancel)).Answer, Is.EqualTo(RawConnection.Agreed));
    }

    [Test]
    public async Task A_node_that_stops_sends_its_operators_away_one_by_one_and_takes_no_new_ones(CancellationToken cancel)
    {
        Requires.Signals();
        var duration = TimeSpan.FromSeconds(4);
        await using var server = await TestServer.StartAsync(
            new Dictionary<string, string> { ["Hub:Drain:Duration"] = duration.ToString("c", CultureInfo.InvariantCulture) }, cancel);
        await using var started = new AsyncDisposables();
        var clients = new List<OperatorClient>();
        HttpTransportType[] transports = [HttpTransportType.WebSockets, HttpTransportType.ServerSentEvents, HttpTransportType.LongPolling];
        foreach (var transport in transports.Concat(transports))
            clients.Add(started.Add(await OperatorClient.ConnectAsync(server.Address, transport, cancel)));

        server.Send(Signal.Terminate);

        await Eventually.True("new operators are refused", async () =>
        {
            using var answer = await server.Http.SendAsync(TestServer.Request(HttpMethod.Post, Negotiate, Admin), cancel);
            return answer.StatusCode == HttpStatusCode.ServiceUnavailable && answer.Headers.RetryAfter is not null;
        }, cancel);
        await Eventually.True(
            "all were sent away with leave to come back", () => clients.TrueForAll(client => client.Departures.Count > 0), cancel);
        var departures = clients.ConvertAll(client => client.Departures.First());
        Assert.That(TimeProvider.System.GetElapsedTime(departures.Min(), departures.Max()), Is.GreaterThan(duration / 2), "no stampede");
        await server.EndsCleanlyAsync();
    }
}
