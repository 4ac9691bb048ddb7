using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Realtime.Tests.Delivery;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Deploy;

/// <summary>Starts what the files under <c>deploy/</c> start.</summary>
[CancelAfter(180_000)]
internal sealed class ProcessTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Test]
    public async Task Nginx_accepts_its_configuration(CancellationToken cancel)
    {
        var folder = Directory.CreateTempSubdirectory("hub-nginx-");
        var (code, output) = await CheckAsync("nginx.conf", "nginx", folder, file => ["-t", "-p", folder.FullName, "-c", file], cancel);
        Assert.That(code, Is.Zero, output);
    }

    [Test]
    public async Task HAProxy_accepts_its_configuration_without_a_warning(CancellationToken cancel)
    {
        var (code, output) = await CheckAsync(
            "haproxy.cfg", "haproxy", Directory.CreateTempSubdirectory("hub-haproxy-"), file => ["-c", "-f", file], cancel);
        Assert.That(code, Is.Zero, output);
        Assert.That(output, Does.Not.Contain("WARNING"));
    }

    [Test]
    public async Task The_images_health_check_knows_a_node_that_is_ready(CancellationToken cancel)
    {
        await using var server = await TestServer.StartAsync(cancel: cancel);
        Assert.That(await CheckHealthAsync(server.Port), Is.Zero);
        server.Send(Signal.Stop);
        Assert.That(await CheckHealthAsync(server.Port, expectAnswer: false), Is.Not.Zero, "a node that hangs");
        server.Send(Signal.Continue);
        await server.KillAsync();
        Assert.That(await CheckHealthAsync(server.Port), Is.Not.Zero, "a node that is gone");
    }

    [Test]
    public async Task Three_nodes_start_with_one_command_and_end_with_Ctrl_C(CancellationToken cancel)
    {
        Requires.Command("redis-server");
        Requires.Command("nginx");
        var port = FivePorts();
        var start = new ProcessStartInfo(Requires.Command("bash"),
            [Repository.PathOf("deploy/three-nodes.sh"), "--port", $"{port}", "--server", Repository.BuildOutputOf("Hub.Server")]);
        DotNetHost.ForgetServerVariables(start);
        using var script = ChildProcess.Start(start.Interruptible());
        await Eventually.True("it says that all are ready", () => script.HasExited
            || script.Output.Contains("Ready:", StringComparison.Ordinal), TimeSpan.FromSeconds(90), cancel);
        Assert.That(script.HasExited, Is.False, script.Output);

        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        using var publish = new HttpRequestMessage(HttpMethod.Post, "/api/notifications")
        {
            Headers = { Authorization = new("Bearer", await TokenAsync(http, """{"user":"shop","roles":["publisher"]}""", cancel)) },
            Content = Json("""{"to":{"users":["alice"]},"type":"order.created","orderId":"1"}"""),
        };
        using var published = await http.SendAsync(publish, cancel);
        Assert.That((int)published.StatusCode, Is.EqualTo(202));
        // Every node has the notification.
        var token = await TokenAsync(http, """{"user":"alice"}""", cancel);
        for (var n = 0; n < 3; n++)
        {
            using var history = TestServer.Request(HttpMethod.Get, "/api/notifications", token);
            using var answer = await http.SendAsync(history, cancel);
            Assert.That(await answer.Content.ReadAsStringAsync(cancel), Does.Contain("\"orderId\":\"1\""));
        }

        script.Send(Signal.Interrupt);
        Assert.That(await script.ExitAsync(Limit, cancel), Is.EqualTo(130));
        for (var n = 0; n < 5; n++) Assert.That(await IsOpenAsync(port + n, cancel), Is.False, $"port {port + n}");
    }

    private static async Task<(int Code, string Output)> CheckAsync(
        string configuration, string program, DirectoryInfo folder, Func<string, string[]> arguments, CancellationToken cancel)
    {
        try
        {
            var file = Path.Combine(folder.FullName, configuration);
            await File.WriteAllTextAsync(
                file, Balancer.Configuration(configuration, FreePort.Next(), [FreePort.Next(), FreePort.Next(), FreePort.Next()]), cancel);
            using var process = ChildProcess.Start(new ProcessStartInfo(Requires.Command(program), arguments(file)));
            return (await process.ExitAsync(Limit, cancel), process.Output);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Runs the command of the image's HEALTHCHECK.</summary>
    /// <param name="expectAnswer">False: the command is stopped after 3 s, as Docker would stop it.</param>
    private static async Task<int> CheckHealthAsync(int port, bool expectAnswer = true)
    {
        var line = File.ReadAllLines(Repository.PathOf("deploy/Dockerfile"))
            .Single(line => line.TrimStart().StartsWith("CMD ", StringComparison.Ordinal));
        var command = JsonSerializer.Deserialize<string[]>(line.Trim()["CMD ".Length..])!;
        var start = expectAnswer
            ? new ProcessStartInfo(Requires.Command(command[0]), command[1..])
            : new ProcessStartInfo(Requires.Command("timeout"), ["3", .. command]);
        start.Environment["ASPNETCORE_HTTP_PORTS"] = $"{port}";
        using var check = ChildProcess.Start(start);
        return await check.ExitAsync(Limit);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static async Task<string> TokenAsync(HttpClient http, string request, CancellationToken cancel)
    {
        using var body = Json(request);
        using var answer = await http.PostAsync(new Uri("/dev/token", UriKind.Relative), body, cancel);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("accessToken").GetString()!;
    }

    /// <summary>The first of five consecutive ports on which no process listens.</summary>
    private static int FivePorts()
    {
        while (true)
        {
            var first = FreePort.Next();
            if (Enumerable.Range(first + 1, 4).All(IsFree)) return first;
        }
    }

    private static bool IsFree(int port)
    {
        using var probe = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<bool> IsOpenAsync(int port, CancellationToken cancel)
    {
        using var probe = new TcpClient();
        try
        {
            await probe.ConnectAsync("127.0.0.1", port, cancel);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
