using Realtime.Server.Node;
using Realtime.Server.Routing.Nodes;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>Nodes that reach each other by TLS, and the warnings that an operator gets if they do not.</summary>
[CancelAfter(90_000)]
internal sealed class SecureNodesTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private readonly AsyncDisposables _started = new();
    private readonly Dictionary<string, ServerProcess> _nodes = [];
    private TestAuthority _authority = null!;
    private IRedisServer _redis = null!;

    private ServerProcess Trusting => _nodes["by name"];

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _authority = _started.Add(new TestAuthority());
        _redis = _started.Add(await RedisServers.StartAsync());
        var starting = new Dictionary<string, Task<ServerProcess>>
        {
            // Kestrel's default offers HTTP/2 by ALPN before HTTP/1.1.
            ["by name"] = StartAsync("https", "localhost", "localhost"),
            ["by address"] = StartAsync("https", "127.0.0.1", "127.0.0.1"),
            ["of another name"] = StartAsync("https", "127.0.0.1", "other.example"),
            ["without TLS"] = StartAsync("http", "127.0.0.1", trusts: false),
            ["for HTTP/2 only"] = StartAsync("http", "127.0.0.1", protocols: "Http2"),
        };
        foreach (var (name, node) in starting) _nodes[name] = _started.Add(await node);
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    [TestCase("by name", "by address")]
    [TestCase("by address", "by name")]
    [TestCase("without TLS", "by name")]
    public async Task Polls_messages_and_event_streams_reach_a_node_by_TLS(string owner, string arrival)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        var (polling, streaming) = (await NegotiateAsync(owner, cancel), await NegotiateAsync(owner, cancel));
        var server = _nodes[arrival].Address;
        Assert.That(await polling.PollAsync(server, cancel), Is.EqualTo((200, "")));
        Assert.That(await polling.PostAsync(server, RawConnection.Handshake, cancel), Is.EqualTo((200, "")));
        Assert.That(await polling.PollAsync(server, cancel), Is.EqualTo((200, RawConnection.Agreed)));
        using var stream = await streaming.OpenStreamAsync(server, cancel);
        Assert.That(await streaming.PostAsync(server, RawConnection.Handshake, cancel), Is.EqualTo((200, "")));
        Assert.That(await RawConnection.ReadEventAsync(stream, cancel), Is.EqualTo(RawConnection.Agreed));
    }

    [Test]
    public async Task The_owner_gets_the_Host_of_the_caller_and_the_target_as_written(CancellationToken cancel)
    {
        await using var owner = await FakeOwner.ListAsync(_redis, new Scene(Ok, Close: true));
        await using var tls = new TlsProxy(owner.Port, "localhost", _authority);
        var id = NodeId.New();
        await FakeOwner.ListAsync(_redis, id, new Uri($"https://localhost:{tls.Port}"));
        var answer = await RawHttp.SendAsync(
            Trusting.Address,
            $"GET /hubs/orders?id={id}.A&x=%c3%a9 HTTP/1.1\r\nHost: shop.example:8443\r\nConnection: close\r\nAuthorization: Bearer "
            + $"{Tokens.For("alice")}\r\n\r\n", cancel);
        Assert.That(answer.Text, Is.EqualTo("ok"));
        Assert.That(owner.Requests.Single()
            .Split("\r\n"), Is.SupersetOf(new[] { $"GET /hubs/orders?id={id}.A&x=%c3%a9 HTTP/1.1", "Host: shop.example:8443" }));
    }

    [Test]
    public async Task A_stranger_with_a_good_certificate_gets_no_request(CancellationToken cancel)
    {
        await using var stranger = await FakeOwner.ListAsync(_redis, new Scene(Ok, Close: false), new Scene(Ok, Close: false));
        await using var tls = new TlsProxy(stranger.Port, "localhost", _authority);
        var id = NodeId.New();
        await FakeOwner.ListAsync(_redis, id, new Uri($"https://localhost:{tls.Port}"), NodeVersions.ProvenConnections);
        Assert.That((await new RawConnection($"{id}.A", Tokens.For("alice")).PollAsync(Trusting.Address, cancel)).Status, Is.EqualTo(404));
        Assert.That(stranger.Requests.Single(), Does.StartWith($"GET {NodeProof.Path} HTTP/1.1\r\n").And.Not.Contains("Bearer"));
    }

    [TestCase("of another name", "by name", "RemoteCertificateNameMismatch")]
    [TestCase("by name", "without TLS", "Its certificate must name localhost and come from an authority that this machine trusts")]
    [TestCase("for HTTP/2 only", "by name", "An HTTP/1.x request was sent to an HTTP/2 only endpoint.")]
    public async Task A_node_that_cannot_reach_another_says_why_once_a_minute(string owner, string arrival, string reason)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        var connection = await NegotiateAsync(owner, cancel);
        var node = _nodes[arrival];
        for (var n = 0; n < 3; n++)
            Assert.That(await connection.PollAsync(node.Address, cancel), Is.EqualTo((404, RawConnection.UnknownToSignalR)));
        await node.PrintedAsync(reason, cancel);
        Assert.That(Warnings(node, connection.Node), Is.EqualTo(1));
    }

    [Test]
    public async Task Nothing_that_listens_there_is_a_reason(CancellationToken cancel)
    {
        var id = NodeId.New();
        await FakeOwner.ListAsync(_redis, id, new Uri($"http://127.0.0.1:{FreePort.Next()}"));
        Assert.That((await new RawConnection($"{id}.A", Tokens.For("alice")).PollAsync(Trusting.Address, cancel)).Status, Is.EqualTo(404));
        await Trusting.PrintedAsync($"Node {id} at ", cancel);
        Assert.That(Trusting.Output, Does.Contain("The connection was refused: nothing listens there."));
    }

    [Test]
    public async Task A_node_that_was_stopped_is_no_reason_to_warn(CancellationToken cancel)
    {
        await using var stopped = await Node.StartAsync(_redis, cancel: cancel);
        var connection = await RawConnection.NegotiateAsync(stopped.Address, Tokens.For("alice"), cancel);
        Assert.That((await connection.PollAsync(Trusting.Address, cancel)).Status, Is.EqualTo(200));
        await stopped.Server.StopAsync();
        Assert.That((await connection.PollAsync(Trusting.Address, cancel)).Status, Is.EqualTo(404));
        // Its warning would come before that of a later one.
        var id = NodeId.New();
        await FakeOwner.ListAsync(_redis, id, new Uri($"http://127.0.0.1:{FreePort.Next()}"));
        Assert.That((await new RawConnection($"{id}.A", Tokens.For("alice")).PollAsync(Trusting.Address, cancel)).Status, Is.EqualTo(404));
        await Trusting.PrintedAsync($"Node {id} at ", cancel);
        Assert.That(Warnings(Trusting, connection.Node), Is.Zero);
    }

    private static int Warnings(ServerProcess node, string about) => node.Output.Split($"Node {about} at ").Length - 1;

    // The node that speaks HTTP/2 only has a second listener, on which tests reach it.
    private async Task<RawConnection> NegotiateAsync(string owner, CancellationToken cancel) =>
        await RawConnection.NegotiateAsync(_nodes[owner].Address, Tokens.For("alice"), cancel);

    /// <summary>A node with a plain listener for callers, and another one for nodes.</summary>
    /// <param name="named">The name in the certificate.</param>
    private Task<ServerProcess> StartAsync(
        string scheme, string host, string? named = null, string protocols = "Http1AndHttp2", bool trusts = true)
    {
        var (callers, nodes) = (FreePort.Next(), FreePort.Next());
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings:Redis"] = _redis.ConnectionString,
            ["Hub:Auth:SigningKey"] = Tokens.SigningKey,
            ["Hub:Node:Address"] = $"{scheme}://{host}:{nodes}",
            ["Kestrel:Endpoints:Callers:Url"] = $"http://127.0.0.1:{callers}",
            ["Kestrel:Endpoints:Nodes:Url"] = $"{scheme}://127.0.0.1:{nodes}",
            ["Kestrel:Endpoints:Nodes:Protocols"] = protocols,
        };
        if (named is not null)
            (settings["Kestrel:Endpoints:Nodes:Certificate:Path"],
                settings["Kestrel:Endpoints:Nodes:Certificate:KeyPath"]) = _authority.IssueFiles(named);
        return ServerProcess.StartAsync(new ServerSettings
        {
            Environment = "Production",
            Port = callers,
            Settings = settings,
            Variables = trusts ? new() { ["SSL_CERT_FILE"] = _authority.CertificateFile } : new Dictionary<string, string>(),
        });
    }
}
