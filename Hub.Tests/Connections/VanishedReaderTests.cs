using System.Net.Sockets;
using System.Text;
using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Connections;

/// <summary>
/// Readers of a real hub, on each transport, whose machine vanishes without a FIN or whose program stands still: their places in
/// <c>Hub:Limits:ConnectionsPerUser</c> become free within a minute.
/// </summary>
[CancelAfter(180_000), Parallelizable(ParallelScope.Children)]
internal sealed class VanishedReaderTests
{
    /// <summary>The promise is a minute; the rest is a busy machine's.</summary>
    private static readonly TimeSpan Minute = TimeSpan.FromSeconds(70);

    /// <summary>A text frame, whose mask of zeroes leaves the payload as it is.</summary>
    private static readonly byte[] HandshakeFrame =
        [0x81, (byte)(0x80 | RawConnection.Handshake.Length), 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(RawConnection.Handshake)];

    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Requires.Linux();
        _server = await TestServer.StartAsync(new Dictionary<string, string> { ["Hub:Limits:ConnectionsPerUser"] = "1" });
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }

    [TestCase(Transport.WebSockets)]
    [TestCase(Transport.ServerSentEvents)]
    [TestCase(Transport.LongPolling)]
    [TestCase(Transport.EventSource)]
    public async Task One_that_vanishes_gives_its_place_back(Transport transport)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        var user = $"vanished-{transport}";
        using var reader = await OpenAsync(transport, user, cancel);
        reader.Deafen();
        await FreesAsync(user, cancel);
    }

    // Its kernel goes on acknowledging, so only the missing pings or polls show it. An event source sends none; see the next test.
    [TestCase(Transport.WebSockets)]
    [TestCase(Transport.ServerSentEvents)]
    [TestCase(Transport.LongPolling)]
    public async Task One_that_stands_still_gives_its_place_back(Transport transport)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        var user = $"frozen-{transport}";
        using var reader = await OpenAsync(transport, user, cancel);
        await FreesAsync(user, cancel);
    }

    [Test]
    public async Task An_event_source_that_stands_still_gives_its_place_back_when_it_is_sent_more_than_its_buffers_hold(
        CancellationToken cancel)
    {
        const string User = "frozen-and-busy";
        using var reader = await OpenAsync(Transport.EventSource, User, cancel);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var data = new string('x', 60_000);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var publishing = PublishAsync();
        await FreesAsync(User, cancel);
        await enough.CancelAsync();
        await publishing;

        async Task PublishAsync()
        {
            try
            {
                while (await pace.WaitForNextTickAsync(enough.Token))
                {
                    var body = $$"""{"to":{"users":["{{User}}"]},"type":"order.created","orderId":"1","data":"{{data}}"}""";
                    var answer = await RawHttp.SendAsync(_server.Address, "POST", "/api/notifications", Tokens.Publisher(),
                        Encoding.ASCII.GetBytes(body), enough.Token, "Content-Type: application/json");
                    Assert.That(answer.Status, Is.EqualTo(202), answer.Text);
                }
            }
            catch (OperationCanceledException) { /* the place is free */ }
        }
    }

    private async Task FreesAsync(string user, CancellationToken cancel)
    {
        Assert.That(await NegotiateAsync(user, cancel), Is.EqualTo(429), "the place is taken");
        await Eventually.True("its place is free", async () => await NegotiateAsync(user, cancel) == 200, Minute, cancel);
    }

    private async Task<int> NegotiateAsync(string user, CancellationToken cancel) => (await RawHttp.SendAsync(
        _server.Address, "POST", "/hubs/orders/negotiate?negotiateVersion=1", Tokens.For(user), [], cancel)).Status;

    /// <summary>Opens a connection that the server counts, and which the test neither reads nor writes from then on.</summary>
    private async Task<Socket> OpenAsync(Transport transport, string user, CancellationToken cancel)
    {
        var bearer = Tokens.For(user);
        if (transport == Transport.EventSource)
            return await AskAsync("/api/notifications?after=latest", bearer, ["Accept: text/event-stream"], "event: ", cancel);
        if (transport == Transport.WebSockets)
        {
            var socket = await AskAsync("/hubs/orders", bearer,
                ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="],
                "101 ", cancel);
            await socket.SendAsync(HandshakeFrame, cancel);
            await ReceiveAsync(socket, RawConnection.Agreed, cancel);
            return socket;
        }
        var connection = await RawConnection.NegotiateAsync(_server.Address, bearer, cancel);
        var target = $"/hubs/orders?id={connection.Id}";
        if (transport == Transport.ServerSentEvents)
        {
            var stream = await AskAsync(target, bearer, ["Accept: text/event-stream"], ":\r\n", cancel);
            await connection.PostAsync(_server.Address, RawConnection.Handshake, cancel);
            await ReceiveAsync(stream, RawConnection.Agreed, cancel);
            return stream;
        }
        Assert.That(await connection.PollAsync(_server.Address, cancel), Is.EqualTo((200, "")));
        await connection.PostAsync(_server.Address, RawConnection.Handshake, cancel);
        Assert.That(await connection.PollAsync(_server.Address, cancel), Is.EqualTo((200, RawConnection.Agreed)));
        return await AskAsync(target, bearer, [], null, cancel);
    }

    /// <param name="until">What the response begins with or contains; null: it has none yet.</param>
    private async Task<Socket> AskAsync(string target, string bearer, string[] headers, string? until, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 16 * 1024 };
        await socket.ConnectAsync(_server.Address.Host, _server.Port, cancel);
        var head = $"GET {target} HTTP/1.1\r\nHost: {_server.Address.Authority}\r\nAuthorization: Bearer {bearer}\r\n"
            + string.Concat(headers.Select(header => header + "\r\n")) + "\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes(head), cancel);
        if (until is not null) await ReceiveAsync(socket, until, cancel);
        return socket;
    }

    private static async Task ReceiveAsync(Socket socket, string text, CancellationToken cancel)
    {
        var all = new StringBuilder();
        var buffer = new byte[4_096];
        while (!all.ToString().Contains(text, StringComparison.Ordinal))
        {
            var received = await socket.ReceiveAsync(buffer, cancel);
            Assert.That(received, Is.Positive, $"the server closed after:\n{all}");
            all.Append(Encoding.Latin1.GetString(buffer, 0, received));
        }
    }
}
