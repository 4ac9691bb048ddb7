using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Realtime.Client;
using Realtime.Tests.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>Two nodes and their Redis that use nothing but IPv6.</summary>
[CancelAfter(60_000)]
internal sealed class IPv6Tests
{
    private readonly AsyncDisposables _started = new();
    private IRedisServer _redis = null!;
    private ServerProcess _first = null!, _second = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        if (!HasIPv6()) Requires.Lacks("this machine has no IPv6");
        // The tests themselves ask it over IPv4. A container would publish its port there only.
        _redis = _started.Add(await RedisServers.StartAsync(RedisHost.Process, "--bind", "127.0.0.1", "::1"));
        _first = _started.Add(await StartNodeAsync($"[::1]:{_redis.Port}"));
        _second = _started.Add(await StartNodeAsync($"[::1]:{_redis.Port}"));
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    [TestCase(Transport.WebSockets)]
    [TestCase(Transport.ServerSentEvents)]
    [TestCase(Transport.LongPolling)]
    [TestCase(Transport.EventSource)]
    public async Task A_feed_reads_at_one_node_what_is_published_at_the_other(Transport transport)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        var user = $"reader-{transport}";
        var options = new OrderFeedOptions { Server = _first.Address, Token = _ => new(Tokens.For(user)), Transports = [transport] };
        await using var reader = await FeedReader.StartAsync(options, cancel);
        await _second.PublishAsync(user, "order 1", cancel);
        Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo([$"user:{user} 1 order 1"]));
    }

    [Test]
    public async Task Requests_are_forwarded_to_the_address_of_a_pod_without_brackets(CancellationToken cancel)
    {
        var listed = await _redis.AskAsync("HVALS", "hub:{nodes}");
        foreach (var node in new[] { _first, _second }) Assert.That(listed, Has.One.EndsWith($" http://[::1]:{node.Port}"));
        var connection = await RawConnection.NegotiateAsync(_first.Address, Tokens.For("alice"), cancel);
        Assert.That(await connection.PollAsync(_second.Address, cancel), Is.EqualTo((200, "")));
        Assert.That((await connection.PostAsync(_second.Address, RawConnection.Handshake, cancel)).Status, Is.EqualTo(200));
        Assert.That(await connection.PollAsync(_second.Address, cancel), Is.EqualTo((200, RawConnection.Agreed)));
    }

    [Test]
    public async Task The_owner_is_told_a_callers_address(CancellationToken cancel)
    {
        await using var owner = await FakeOwner.ListAsync(_redis, new Scene("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Close: true));
        using var request = owner.Connection(Tokens.For("alice")).Request(HttpMethod.Get, _first.Address);
        // As a proxy on this machine sends it.
        request.Headers.Add("X-Forwarded-For", "2001:db8::7");
        using var answer = await _first.Http.SendAsync(request, cancel);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(owner.Requests.Single(), Does.Contain("X-Forwarded-For: 2001:db8::7\r\n"));
    }

    [Test]
    public async Task A_page_of_the_server_may_open_a_WebSocket(CancellationToken cancel)
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {Tokens.For("alice")}");
        socket.Options.SetRequestHeader("Origin", _first.Address.GetLeftPart(UriPartial.Authority));
        await socket.ConnectAsync(new UriBuilder(_first.Address) { Scheme = "ws", Path = "/hubs/orders" }.Uri, cancel);
        Assert.That(socket.State, Is.EqualTo(WebSocketState.Open));
    }

    [Test]
    public async Task Redis_is_reached_by_a_name_that_has_an_IPv6_address_only(CancellationToken cancel)
    {
        var hosts = Path.GetTempFileName();
        await File.WriteAllTextAsync(hosts, "::1 redis-of-the-test\n", cancel);
        string[] withHosts = ["unshare", "--mount", "sh", "-c", "mount --bind \"$0\" /etc/hosts && exec \"$@\"", hosts];
        if (!await Commands.SucceedsAsync(withHosts[0], [.. withHosts[1..], "true"]))
            Requires.Lacks("a process cannot get names of its own here (unshare --mount)");
        await using var node = await StartNodeAsync($"redis-of-the-test:{_redis.Port}", withHosts);
        await using var reader = await EventStreamReceiver.ConnectAsync(node.Address, Tokens.For("bob"), "latest", cancel);
        await reader.TakeAsync(1, cancel);
        await _second.PublishAsync("bob", "order 1", cancel);
        Assert.That((await reader.NextAsync(cancel))!.Value.Describe(), Is.EqualTo("user:bob 1 order 1"));
        File.Delete(hosts);
    }

    private static Task<ServerProcess> StartNodeAsync(string redis, string[]? through = null)
    {
        var port = FreePort.Next();
        return TestServer.StartAsync(new ServerSettings
        {
            Host = "[::1]",
            Port = port,
            Through = through ?? [],
            // As the Kubernetes manifest builds it from a pod's address.
            Settings = new Dictionary<string,
                string>
            {
                ["ConnectionStrings:Redis"] = redis,
                ["Hub:Node:Address"] = $"http://::1:{port}",
                ["Hub:Drain:Duration"] = "00:00:01"
            },
        }, CancellationToken.None);
    }

    private static bool HasIPv6()
    {
        try
        {
            using var probe = new TcpListener(IPAddress.IPv6Loopback, 0);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
