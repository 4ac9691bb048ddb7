using System.Net;
using System.Net.Sockets;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations;

/// <summary>SIGTERM at moments of the start, from the first of the server's own code on: exit code 0, and no error is printed.</summary>
[CancelAfter(180_000)]
internal sealed class StopDuringStartTests
{
    /// <summary>A node that serves nobody needs no drain. The rest of the time is a busy machine's.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    // The runtime itself is ended by the signal as the system does it. From the web server's first library on, our code runs.
    [TestCase("Microsoft.AspNetCore.Hosting.dll")]
    [TestCase("Microsoft.AspNetCore.Server.Kestrel.Core.dll")]
    [TestCase("libe_sqlite3.so")]
    public Task While_it_loads(string library)
    {
        Requires.Linux();
        return EndsAsync(server => File.ReadAllText($"/proc/{server.ProcessId}/maps").Contains(library, StringComparison.Ordinal), []);
    }

    [TestCase("realtime.db")]
    [TestCase("realtime.db-wal")]
    public Task While_the_store_opens(string file) =>
        EndsAsync(server => File.Exists(Path.Combine(server.DataPath, file)), []);

    [Test]
    public Task As_soon_as_it_listens() => EndsAsync(server => Accepts(server.Port), []);

    [Test]
    public async Task While_the_metrics_are_served_and_the_readers_are_not_yet()
    {
        var port = FreePort.Next();
        await EndsAsync(_ => Accepts(port), [("Hub:Metrics:Address", $"http://127.0.0.1:{port}")]);
    }

    // Silent; and two answers of a server that is not ready: it reads its file, or a proxy before it has no server.
    [TestCase(null)]
    [TestCase("-LOADING Redis is loading the dataset in memory\r\n")]
    [TestCase("")]
    public async Task While_Redis_is_awaited(string? answer)
    {
        using var redis = new TcpListener(IPAddress.Loopback, 0);
        redis.Start();
        using var ended = new CancellationTokenSource();
        var asked = 0;
        var serving = ServeAsync();
        await EndsAsync(_ => Volatile.Read(ref asked) > 1, [("ConnectionStrings:Redis", $"{redis.LocalEndpoint}")]);
        await ended.CancelAsync();
        await serving;

        async Task ServeAsync()
        {
            var held = new List<Socket>();
            try
            {
                while (true)
                {
                    var link = await redis.AcceptSocketAsync(ended.Token);
                    held.Add(link);
                    Interlocked.Increment(ref asked);
                    if (answer is { Length: > 0 }) await link.SendAsync(System.Text.Encoding.ASCII.GetBytes(answer), ended.Token);
                    else if (answer is not null) link.Dispose();
                }
            }
            catch (OperationCanceledException) { /* the test is done */ }
            finally
            {
                held.ForEach(link => link.Dispose());
            }
        }
    }

    private static async Task EndsAsync(Func<ServerProcess, bool> moment, (string Name, string Value)[] settings)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        await using var server = await ServerProcess.StartAsync(new ServerSettings
        {
            AwaitReady = false,
            Settings = settings.Append((Name: "Logging:LogLevel:Default", Value: "Warning"))
                .ToDictionary(pair => pair.Name, pair => pair.Value),
        }, cancel);
        await Eventually.True("it has come so far", () =>
        {
            Assert.That(server.HasExited, Is.False, server.Output);
            return moment(server);
        }, Bound, cancel);
        server.Send(Signal.Terminate);
        await Eventually.True("it has ended", () => server.HasExited, Bound, cancel);
        Assert.That(await server.ExitAsync(), Is.Zero, server.Output);
        foreach (var error in (string[])["   at ", "fail:", "crit:", "Unhandled"]) Assert.That(server.Output, Does.Not.Contain(error));
    }

    private static bool Accepts(int port)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
