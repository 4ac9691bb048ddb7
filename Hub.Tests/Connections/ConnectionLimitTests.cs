using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Realtime.Server.Connections;
using Realtime.Tests.Delivery;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Connections;

/// <summary>How many connections a node accepts, and that it survives any number beyond.</summary>
[CancelAfter(120_000)]
internal sealed class ConnectionLimitTests
{
    private static ServerSettings WithFiles(int limit, params (string Name, string Value)[] settings) => new()
    {
        Through = ["sh", "-c", $"ulimit -n {limit} && exec \"$@\"", "sh"],
        Settings = settings.ToDictionary(pair => pair.Name, pair => pair.Value),
    };

    /// <summary>The lowest limit of open files with which a node starts.</summary>
    private static int Fewest => Enumerable.Range(1, 10_000).First(limit => FileDescriptors.Fault(limit) is null);

    [TestCase(1_024, ExpectedResult = 1_024 - 102 - FileDescriptors.Own)]
    [TestCase(640, ExpectedResult = 256)]
    [TestCase(100, ExpectedResult = 0)]
    public int The_default_leaves_a_tenth_and_what_the_server_needs(int files) => FileDescriptors.LeftForConnections(files);

    [TestCase("Max open files            1024                 4096                 files     ", ExpectedResult = 1_024)]
    [TestCase("Max open files            1073741816           1073741816           files     ", ExpectedResult = 1_073_741_816)]
    [TestCase("Max open files            unlimited            unlimited            files     ", ExpectedResult = null)]
    [TestCase("Max locked memory         8388608              8388608              bytes     ", ExpectedResult = null)]
    public int? The_soft_limit_is_read(string line) =>
        FileDescriptors.Parse(["Limit                     Soft Limit           Hard Limit           Units     ", line]);

    [TestCase(150), TestCase(300), TestCase(400)]
    public async Task With_too_few_descriptors_the_start_is_refused_with_a_sentence(int files)
    {
        Requires.Linux();
        await using var server = await ServerProcess.StartAsync(WithFiles(files) with { AwaitReady = false });
        Assert.That(await server.ExitAsync(), Is.EqualTo(1), server.Output);
        Assert.That(server.Output.Trim().Split('\n'), Has.Length.EqualTo(1), server.Output);
        Assert.That(server.Output, Does.Contain($"only {files} files").And.Contain($"raise the limit to {Fewest} or more"));
    }

    [Test]
    public async Task A_limit_that_the_descriptors_do_not_carry_is_refused()
    {
        Requires.Linux();
        await using var server = await ServerProcess.StartAsync(
            WithFiles(Fewest, ("Hub:Limits:Connections", "257")) with { AwaitReady = false });
        Assert.That(await server.ExitAsync(), Is.EqualTo(1), server.Output);
        Assert.That(server.Output, Does.Contain("Hub:Limits:Connections is 257").And.Contain("at most"));
    }

    [Test]
    public async Task A_burst_that_waited_to_be_accepted_does_not_take_the_last_descriptors(CancellationToken cancel)
    {
        Requires.Linux();
        const int Burst = 1_500;
        await using var server = await TestServer.StartAsync(WithFiles(Fewest), cancel);
        await using var reader = await EventStreamReceiver.ConnectAsync(server.Address, Tokens.For("alice"), "latest", cancel);
        await reader.TakeAsync(1, cancel);
        server.Send(Signal.Stop);
        var herd = Enumerable.Range(0, Burst).Select(_ => new Socket(SocketType.Stream, ProtocolType.Tcp)).ToList();
        try
        {
            await Task.WhenAll(herd.Select(socket => socket.ConnectAsync(IPAddress.Loopback, server.Port, cancel).AsTask()));
            server.Send(Signal.Continue);
            // On the remaining connections the server waits for a request.
            await Eventually.True("all but the limit are closed", () => herd.Count(IsOpen) <= FileDescriptors.FewestConnections, cancel);
            await server.PublishAsync("alice", "order 1", cancel);
            await reader.TakeAsync(1, cancel);
        }
        finally
        {
            herd.ForEach(socket => socket.Dispose());
        }
        await Eventually.True("new connections are served again", () => AnswersAsync(server.Address, cancel), cancel);
        Assert.That(server.HasExited, Is.False);
        Assert.That(server.Output, Does.Contain("Hub:Limits:Connections is 256").And.Not.Contain("crit:"));
    }

    [Test]
    public async Task One_count_goes_over_all_addresses_and_websockets(CancellationToken cancel)
    {
        const int Limit = 12;
        var (port, socket) = (FreePort.Next(), Path.Combine(Path.GetTempPath(), $"hub-{Guid.NewGuid():N}.sock"));
        await using var server = await TestServer.StartAsync(new ServerSettings
        {
            Port = port,
            Settings = new Dictionary<string, string>
            {
                ["Hub:Limits:Connections"] = $"{Limit}",
                ["Kestrel:Endpoints:Tcp:Url"] = $"http://127.0.0.1:{port}",
                ["Kestrel:Endpoints:Unix:Url"] = $"http://unix:{socket}",
            },
        }, cancel);
        using var old = new ClientWebSocket();
        old.Options.SetRequestHeader("Authorization", $"Bearer {Tokens.For("alice")}");
        await old.ConnectAsync(new Uri($"ws://127.0.0.1:{port}/hubs/orders"), cancel);
        await server.PublishAsync("alice", "over the connection that the test keeps", cancel);

        var others = new List<Socket>();
        try
        {
            for (var n = 0; n < 2 * Limit; n++)
                others.Add(await ConnectAsync(n % 2 == 0 ? new IPEndPoint(IPAddress.Loopback, port)
                    : new UnixDomainSocketEndPoint(socket), cancel));
            await Eventually.True("all beyond the limit are closed", () => others.Count(IsOpen) == Limit - 2, cancel);
            await old.SendAsync(Encoding.UTF8.GetBytes(RawConnection.Handshake), WebSocketMessageType.Text, true, cancel);
            Assert.That(
                (await old.ReceiveAsync(new byte[100], cancel)).Count, Is.EqualTo(RawConnection.Agreed.Length), "the WebSocket goes on");
            Assert.That(await SocketsAsync(server, cancel), Is.EqualTo((Limit, Limit, Limit + 2)));

            others.First(IsOpen).Dispose();
            await Eventually.True("its place is taken by the next", () => AnswersAsync(server.Address, cancel), cancel);
        }
        finally
        {
            others.ForEach(other => other.Dispose());
        }
    }

    private static async Task<Socket> ConnectAsync(EndPoint endpoint, CancellationToken cancel)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(endpoint, cancel);
        return socket;
    }

    /// <summary>No data is sent on these connections, so a readable socket means that the server has closed it.</summary>
    private static bool IsOpen(Socket socket) =>
        socket.SafeHandle is { IsInvalid: false, IsClosed: false } && !socket.Poll(0, SelectMode.SelectRead);

    private static async Task<bool> AnswersAsync(Uri server, CancellationToken cancel)
    {
        try
        {
            return (await RawHttp.SendAsync(server, "GET", "/health/live", null, null, cancel)).Status == 200;
        }
        catch (Exception refused) when (refused is IOException or SocketException or AssertionException)
        {
            return false;
        }
    }

    private static async Task<(int Open, int Limit, int Refused)> SocketsAsync(ServerProcess server, CancellationToken cancel)
    {
        using var answer = await server.Http.SendAsync(
            TestServer.Request(HttpMethod.Get, "/api/admin/stats", Tokens.For("boss", null, "admin")), cancel);
        var sockets = (await answer.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("nodes")[0].GetProperty("sockets");
        return (sockets.GetProperty("open").GetInt32(), sockets.GetProperty("limit").GetInt32(), sockets.GetProperty("refused").GetInt32());
    }
}
