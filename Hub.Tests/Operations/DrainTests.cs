using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Realtime.Client;
using Realtime.Server.Operations;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations;

/// <summary>SIGTERM: not ready, then readers leave one by one, then publishes in flight finish, then exit 0.</summary>
[CancelAfter(120_000)]
internal sealed class DrainTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);

    private readonly List<(long At, string Item)> _departures = [];   // guarded by itself

    private static Task<ServerProcess> StartAsync(CancellationToken cancel) => TestServer.StartAsync(
        new Dictionary<string, string> { ["Hub:Drain:Duration"] = Duration.ToString("c", CultureInfo.InvariantCulture) }, cancel);

    private static async Task<IReceiver> ConnectAsync(ServerProcess server, string way, string user, CancellationToken cancel)
    {
        if (way == "EventSource") return await EventStreamReceiver.ConnectAsync(server.Address, Tokens.For(user), "latest", cancel);
        var hub = await HubReceiver.ConnectAsync(server.Address, Tokens.For(user), Enum.Parse<Transport>(way), cancel);
        await hub.SubscribeAsync("latest", cancel);
        return hub;
    }

    /// <summary>Reads until the stream ends and records when its last item arrived.</summary>
    private async Task DepartAsync(IReceiver reader, CancellationToken cancel)
    {
        JsonElement? last = null;
        while (await reader.NextAsync(cancel) is { } item)
        {
            last = item;
            if (item.TryGetProperty("closing", out _)) break;
        }
        lock (_departures) _departures.Add((TimeProvider.System.GetTimestamp(), last?.Describe() ?? "nothing"));
    }

    /// <summary>Publishes one after another until the server no longer listens; returns how many were accepted.</summary>
    private static async Task<int> PublishAsync(ServerProcess server, string user, CancellationToken cancel)
    {
        for (var n = 0; ; n++)
        {
            try
            {
                using var answer = await server.TryPublishAsync(new { users = new[] { user } }, $"{n}", cancel);
                Assert.That((int)answer.StatusCode, Is.EqualTo(202), "while it drains it takes what comes");
            }
            catch (HttpRequestException)
            {
                return n;
            }
        }
    }

    [Test]
    public async Task A_node_leaves_in_order_and_loses_nothing(CancellationToken cancel)
    {
        Requires.Signals();
        _departures.Clear();
        await using var server = await StartAsync(cancel);
        string[] ways = ["WebSockets", "ServerSentEvents", "LongPolling", "EventSource"];
        await using var readers = new AsyncDisposables();
        var departing = new List<Task>();
        foreach (var way in ways.Concat(ways))
        {
            var reader = readers.Add(await ConnectAsync(server, way, $"{way}-{departing.Count}", cancel));
            Assert.That((await reader.NextAsync(cancel))!.Value.IsPosition());
            departing.Add(DepartAsync(reader, cancel));
        }
        var publishing = PublishAsync(server, "publisher's", cancel);
        using var batch = await BeginBatchAsync(server, cancel);

        server.Send(Signal.Terminate);

        await Eventually.True("it is not ready",
            async () =>
            (await server.Http.GetAsync(
                new Uri("/health/ready", UriKind.Relative), cancel)).StatusCode == HttpStatusCode.ServiceUnavailable, cancel);
        Assert.That((int)(await server.Http.GetAsync(new Uri("/health/live", UriKind.Relative), cancel)).StatusCode, Is.EqualTo(200));
        foreach (var way in ways)
        {
            await using var late = await ConnectAsync(server, way, $"late-{way}", cancel);
            Assert.That((await late.NextAsync(cancel))!.Value.Describe(), Is.EqualTo("closing draining"), $"{way}: sent away at once");
            if (late is EventStreamReceiver { Event: var closing })
                Assert.That(closing.ReconnectionInterval!.Value.TotalMilliseconds,
                    Is.EqualTo(JsonSerializer.Deserialize<JsonElement>(closing.Data).GetProperty("closing").GetProperty("reconnectInMs")
                        .GetDouble()));
        }

        await Task.WhenAll(departing);
        Assert.That(_departures.Select(one => one.Item), Is.All.EqualTo("closing draining"));
        var spread = TimeProvider.System.GetElapsedTime(_departures.Min(one => one.At), _departures.Max(one => one.At));
        Assert.That(spread, Is.GreaterThan(Duration / 2), "no stampede");

        Assert.That(await EndBatchAsync(batch, cancel), Is.EqualTo([1, 2]), "what is under way finishes");
        var accepted = await publishing;
        await server.EndsCleanlyAsync();

        await server.StartAgainAsync(cancel);
        Assert.That(
            await UnreadAsync(server, "publisher's", cancel), Is.GreaterThanOrEqualTo(accepted).And.LessThanOrEqualTo(accepted + 1));
        Assert.That(await UnreadAsync(server, "batch's", cancel), Is.EqualTo(2));
    }

    [Test]
    public async Task A_publisher_that_never_finishes_does_not_hold_it(CancellationToken cancel)
    {
        Requires.Signals();
        await using var server = await StartAsync(cancel);
        using var batch = await BeginBatchAsync(server, cancel);
        await server.StopAsync();
    }

    [Test]
    public async Task A_terminal_that_is_closed_drains_it_as_an_orchestrator_does(CancellationToken cancel)
    {
        Requires.Signals();
        await using var server = await ServerProcess.StartAsync(new ServerSettings
        {
            // The process that runs these tests may ignore the signal, and the server would inherit that.
            Through = OperatingSystem.IsLinux() ? ["env", "--default-signal=HUP"] : [],
            Settings = new Dictionary<string, string> { ["Hub:Auth:SigningKey"] = Tokens.SigningKey, ["Hub:Drain:Duration"] = "00:00:01" },
        }, cancel);
        await using var reader = await ConnectAsync(server, "EventSource", "alice", cancel);
        Assert.That((await reader.NextAsync(cancel))!.Value.IsPosition());
        server.Send(Signal.HangUp);
        Assert.That((await reader.NextAsync(cancel))!.Value.Describe(), Is.EqualTo("closing draining"));
        Assert.That(await server.ExitAsync(), Is.Zero, server.Output);
    }

    [TestCase("SigBlk:\t0000000000000001 SigIgn:\t0000000000001001 SigCgt:\t0000000300024ce", true, TestName = "Under nohup")]
    [TestCase("SigBlk:\t0000000000000001 SigIgn:\t0000000000001000 SigCgt:\t0000000300024cf", false, TestName = "Otherwise")]
    [TestCase("", false, TestName = "Where it is not told")]
    public void A_server_that_is_told_to_ignore_the_end_of_its_terminal_does(string status, bool ignores) =>
        Assert.That(HangUp.IsIgnoredIn(status.Split(' ')), Is.EqualTo(ignores));

    private static async Task<long> UnreadAsync(ServerProcess server, string user, CancellationToken cancel)
    {
        using var answer = await server.Http.SendAsync(
            TestServer.Request(HttpMethod.Get, "/api/notifications/unread", Tokens.For(user)), cancel);
        return JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync(cancel)).GetProperty("unread").GetInt64();
    }

    private static string Line => """{"to":{"users":["batch's"]},"type":"t","orderId":"o"}""" + "\n";

    /// <summary>A batch whose first line is answered and whose end is still to come.</summary>
    private static async Task<TcpClient> BeginBatchAsync(ServerProcess server, CancellationToken cancel)
    {
        var client = new TcpClient();
        await client.ConnectAsync(server.Address.Host, server.Port, cancel);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"POST /api/notifications/batch HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {Tokens.Publisher()}\r\nContent-Type: application/x-ndjson\r\nContent-Length: {Line.Length * 2}\r\n\r\n{Line}")), cancel);
        await client.GetStream().ReadExactlyAsync(new byte[1], cancel);
        return client;
    }

    /// <summary>Sends the second line and returns the sequences of both.</summary>
    private static async Task<List<long>> EndBatchAsync(TcpClient client, CancellationToken cancel)
    {
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Line), cancel);
        using var all = new MemoryStream();
        all.WriteByte((byte)'H');
        await client.GetStream().CopyToAsync(all, cancel);
        all.Position = 0;
        var answer = await RawHttp.ReadAsync(all, cancel);
        return [.. answer.Text.TrimEnd('\n').Split('\n')
            .Select(line => JsonSerializer.Deserialize<JsonElement>(line).GetProperty("accepted")[0].GetProperty("sequence").GetInt64())];
    }
}
