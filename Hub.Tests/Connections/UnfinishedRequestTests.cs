using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Realtime.Server.Connections;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Connections;

/// <summary>Requests that wait before their caller is authenticated are bounded in total, without harm to honest callers.</summary>
[CancelAfter(120_000)]
internal sealed class UnfinishedRequestTests
{
    /// <summary>Almost as large a head as a node accepts: a line of 60 KB, and headers.</summary>
    private static readonly byte[] Unfinished = Encoding.ASCII.GetBytes(
        $"GET /api/notifications?access_token={new string('t', 60_000)} HTTP/1.1\r\nHost: x\r\n"
        + string.Concat(Enumerable.Range(0, 6).Select(n => $"X-{n}: {new string('a', 8_000)}\r\n")));

    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartServerAsync() => _server = await TestServer.StartAsync();

    [OneTimeTearDown]
    public async Task StopServerAsync() => await _server.DisposeAsync();

    [Test]
    public async Task The_oldest_are_closed_when_all_together_hold_too_much(CancellationToken cancel)
    {
        var fit = (int)(UnfinishedRequests.MostBytes / Unfinished.Length);
        await using var reader = await EventStreamReceiver.ConnectAsync(_server.Address, Large("reader"), "latest", cancel);
        await reader.TakeAsync(1, cancel);
        var held = new List<Socket>();
        try
        {
            for (var n = 0; n < fit * 3 / 2; n++) held.Add(await BeginAsync(cancel));
            // A connection whose turn it is may have read a little more.
            await Eventually.True("what does not fit is closed", () => held.Count(IsOpen) < fit * 5 / 4, cancel);
            Assert.That(held.Count(IsOpen), Is.GreaterThan(fit / 2), "and not much more");
            Assert.That(IsOpen(held[^1]), "the oldest go first");

            // A caller with a large token, whose request arrives in two pieces while the limit is reached.
            var request = RawHttp.Compose(_server.Address, "GET", "/api/notifications/unread", Large("bob"), null);
            using var honest = new TcpClient();
            await honest.ConnectAsync(_server.Address.Host, _server.Port, cancel);
            await honest.GetStream().WriteAsync(request.AsMemory(0, request.Length / 2), cancel);
            await (await BeginAsync(cancel)).DisconnectAsync(false, cancel);
            await honest.GetStream().WriteAsync(request.AsMemory(request.Length / 2), cancel);
            Assert.That((await RawHttp.ReadAsync(honest.GetStream(), cancel)).Status, Is.EqualTo(200));

            await _server.PublishAsync("reader", "order 1", cancel);
            await reader.TakeAsync(1, cancel);
            Assert.That(_server.Output, Does.Contain("hold 32 MiB"));
        }
        finally
        {
            held.ForEach(socket => socket.Dispose());
        }
    }

    [TestCase("200", ""), TestCase("401", "Content-Length: 20000\r\n")]
    public async Task One_connection_may_make_any_number_of_requests(string status, string length, CancellationToken cancel)
    {
        // In total half as much again as all unfinished requests may hold.
        var head = Encoding.ASCII.GetBytes(status == "200"
            ? $"GET /api/notifications/unread HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {Large("carol")}\r\n\r\n"
            : $"POST /api/notifications HTTP/1.1\r\nHost: x\r\nX-Large: {new string('a', 20_000)}\r\n{length}\r\n{new string('b', 20_000)}");
        using var client = new TcpClient();
        await client.ConnectAsync(_server.Address.Host, _server.Port, cancel);
        var stream = client.GetStream();
        using var answers = new StreamReader(stream, Encoding.ASCII);
        for (var sent = 0L; sent < UnfinishedRequests.MostBytes * 3 / 2; sent += head.Length)
        {
            await stream.WriteAsync(head, cancel);
            Assert.That(await answers.ReadLineAsync(cancel), Does.Contain(status));
            var bytes = 0;
            while (await answers.ReadLineAsync(cancel) is { Length: > 0 } line)
                if (line.StartsWith("Content-Length: ", StringComparison.Ordinal))
                    bytes = int.Parse(line["Content-Length: ".Length..], CultureInfo.InvariantCulture);
            if (bytes > 0) await answers.ReadBlockAsync(new char[bytes], cancel);
            else if (status == "200") await ReadChunksAsync(answers, cancel);
        }
    }

    private static async Task ReadChunksAsync(StreamReader answers, CancellationToken cancel)
    {
        while (await answers.ReadLineAsync(cancel) is { } size && size != "0") await answers.ReadLineAsync(cancel);
        await answers.ReadLineAsync(cancel);
    }

    private static string Large(string user) => Tokens.Mint(new Dictionary<string, object>
    {
        ["sub"] = user,
        ["exp"] = TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeSeconds(),
        ["roles-elsewhere"] = new string('r', 24_000),
    });

    private async Task<Socket> BeginAsync(CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_server.Address.Host, _server.Port, cancel);
        await socket.SendAsync(Unfinished, cancel);
        return socket;
    }

    private static bool IsOpen(Socket socket) => !socket.Poll(0, SelectMode.SelectRead);
}
