using System.Net;
using System.Net.Sockets;
using System.Text;
using Realtime.Server.Node;
using Realtime.Server.Routing;
using Realtime.Server.Routing.Nodes;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>
/// A node is gone and another server has its address: that server gets no caller's data, and no caller gets data from it.
/// </summary>
[CancelAfter(60_000)]
internal sealed class ProvenOwnerTests
{
    private const string Page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: stolen=1\r\nContent-Length: 9\r\n\r\n<p>hi</p>";
    private const string Empty = "HTTP/1.1 204 No Content\r\n\r\n";
    private const string Invented =
        "HTTP/1.1 204 No Content\r\nX-Hub-Node: 0123456789abcdef\r\nX-Hub-Proof: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n\r\n";
    private const string Endless = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    private static readonly (int, string) Gone = (404, RawConnection.UnknownToSignalR);

    private readonly AsyncDisposables _started = new();
    private IRedisServer _redis = null!;
    private Node _node = null!, _owner = null!;

    [OneTimeSetUp]
    public async Task StartNodesAsync()
    {
        _redis = _started.Add(await RedisServers.StartAsync());
        var nodes = await Task.WhenAll(Node.StartAsync(_redis), Node.StartAsync(_redis));
        foreach (var node in nodes) _started.Add(node);
        (_node, _owner) = (nodes[0], nodes[1]);
    }

    [OneTimeTearDown]
    public async Task StopNodesAsync() => await _started.DisposeAsync();

    [TestCase(Page, true, TestName = "A web server that takes every request")]
    [TestCase(Page, false, TestName = "A web server that keeps the connection")]
    [TestCase(Empty, false, TestName = "A server that agrees to everything")]
    [TestCase(Invented, false, TestName = "A server that makes a proof up")]
    [TestCase(Endless, true, TestName = "A server that sends without end")]
    [TestCase("SSH-2.0-OpenSSH_9.9\r\n", true, TestName = "Another protocol")]
    [TestCase(null, true, TestName = "A server that hangs up")]
    public async Task A_stranger_learns_nothing_from_callers(string? answer, bool close)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        await using var stranger = await ListAsync([.. Enumerable.Repeat(new Scene(answer, close), 20)]);
        var bearer = Tokens.For("alice");
        var connection = stranger.Connection(bearer);
        foreach (var (method, body) in new[] { (HttpMethod.Get, null), (HttpMethod.Post, "{}"), (HttpMethod.Delete, null) })
        {
            using var request = connection.Request(method, _node.Address, body: body);
            request.Headers.Add("Cookie", "session=secret");
            using var refused = await _node.Server.Http.SendAsync(request, cancel);
            Assert.That(((int)refused.StatusCode, await refused.Content.ReadAsStringAsync(cancel)), Is.EqualTo(Gone));
            Assert.That(refused.Headers.Contains("Set-Cookie"), Is.False);
        }
        Assert.That((await connection.AskAsync(HttpMethod.Get, _node.Address, cancel, "text/event-stream")), Is.EqualTo(Gone));
        Assert.That((await connection.As(otherBearer: "nobody's").PollAsync(_node.Address, cancel)).Status, Is.EqualTo(401));

        foreach (var head in stranger.Requests)
        {
            Assert.That(head, Does.StartWith($"GET {NodeProof.Path} HTTP/1.1\r\n"));
            Assert.That(
                head, Does.Not.Contain("Bearer").And.Not.Contains("Cookie").And.Not.Contains(connection.Id).And.Not.Contains("/hubs/"));
        }
        await _node.Server.PrintedAsync($"Node {stranger.Id} at ", cancel);
        Assert.That(_node.Server.Output.Split($"Node {stranger.Id} at "), Has.Length.EqualTo(2), "one warning a minute");
    }

    [Test]
    public async Task A_stranger_that_is_silent_is_waited_for_once_and_no_longer_than_a_second(CancellationToken cancel)
    {
        Assert.That(OwnerProof.Limit, Is.EqualTo(TimeSpan.FromSeconds(1)));
        await using var stranger = await ListAsync(new Scene(null, Close: false));
        Assert.That(await stranger.Connection(Tokens.For("alice")).PollAsync(_node.Address, cancel), Is.EqualTo(Gone));
        await _node.Server.PrintedAsync("It did not answer within 1 s.", cancel);
        Assert.That(stranger.Requests.Single(), Does.StartWith($"GET {NodeProof.Path} "));
    }

    [Test]
    public async Task A_stranger_on_the_port_of_a_node_that_was_killed_gets_nothing_although_it_was_proven_before(CancellationToken cancel)
    {
        await using var owner = await Node.StartAsync(_redis, cancel: cancel);
        var connection = await RawConnection.NegotiateAsync(owner.Address, Tokens.For("alice"), cancel);
        Assert.That(await connection.PollAsync(_node.Address, cancel), Is.EqualTo((200, "")));
        await owner.Server.KillAsync();
        using var stranger = new TcpListener(IPAddress.Loopback, owner.Server.Port);
        stranger.Start();
        var poll = connection.PollAsync(_node.Address, cancel);
        using var taken = await stranger.AcceptTcpClientAsync(cancel);
        await taken.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Page), cancel);
        Assert.That(await poll, Is.EqualTo(Gone));
        await _node.Server.PrintedAsync($"Node {connection.Node} at ", cancel);
        Assert.That(_node.Server.Output, Does.Contain("What answers there does not have the key of these nodes."));
    }

    [Test]
    public async Task A_node_that_was_started_again_at_the_same_address_is_another_one(CancellationToken cancel)
    {
        await using var owner = await Node.StartAsync(_redis, cancel: cancel);
        var connection = await RawConnection.NegotiateAsync(owner.Address, Tokens.For("alice"), cancel);
        await owner.Server.StopAsync();
        await owner.Server.StartAgainAsync(cancel);
        var next = await RawConnection.NegotiateAsync(owner.Address, Tokens.For("alice"), cancel);
        Assert.That(await connection.PollAsync(_node.Address, cancel), Is.EqualTo(Gone));
        Assert.That(await next.PollAsync(_node.Address, cancel), Is.EqualTo((200, "")));
        Assert.That(await connection.PollAsync(_node.Address, cancel), Is.EqualTo(Gone), "not on the connection of the new one");
        Assert.That(_node.Server.Output, Does.Not.Contain($"Node {connection.Node} at "), "it was stopped in order");
    }

    [Test]
    public async Task A_node_of_another_installation_is_a_stranger(CancellationToken cancel)
    {
        await using var otherRedis = await RedisServers.StartAsync();
        await using var other = await Node.StartAsync(otherRedis, cancel: cancel);
        var id = NodeId.New();
        await FakeOwner.ListAsync(_redis, id, other.Address, NodeVersions.Current);
        Assert.That(await new RawConnection($"{id}.A", Tokens.For("alice")).PollAsync(_node.Address, cancel), Is.EqualTo(Gone));
        await _node.Server.PrintedAsync($"Node {id} at ", cancel);
    }

    [TestCase(null, TestName = "Without a token")]
    [TestCase("nonsense", TestName = "With a token that is none")]
    [TestCase("expired", TestName = "With a token that has expired")]
    public async Task A_caller_that_is_not_known_is_refused_by_the_node_that_it_asks(string? token)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        var connection = await RawConnection.NegotiateAsync(_owner.Address, Tokens.For("alice"), cancel);
        Assert.That((await connection.PollAsync(_node.Address, cancel)).Status, Is.EqualTo(200));
        var forwarded = await _node.ForwardedAsync(cancel);
        var bearer = token == "expired" ? Tokens.For("alice", TimeProvider.System.GetUtcNow().AddMinutes(-1)) : token;
        string[] headers = ["Content-Type: text/plain", .. bearer is null ? (string[])[] : [$"Authorization: Bearer {bearer}"]];
        foreach (var method in (string[])["GET", "POST", "DELETE"])
        {
            var answer = await RawHttp.SendAsync(_node.Address, method, $"/hubs/orders?id={connection.Id}", null, method == "POST"
                ? "{}"u8.ToArray()
                : null, cancel, headers);
            Assert.That(answer.Status, Is.EqualTo(401));
        }
        Assert.That(await _node.ForwardedAsync(cancel), Is.EqualTo(forwarded), "nothing was forwarded");
    }

    [Test]
    public void A_connection_between_nodes_is_used_for_ten_minutes_at_most() =>
        Assert.That(OwnerClient.ConnectionLifetime, Is.EqualTo(TimeSpan.FromMinutes(10)));

    [Test]
    public async Task A_node_proves_itself_only_to_who_has_the_key(CancellationToken cancel)
    {
        var id = (await RawConnection.NegotiateAsync(_owner.Address, Tokens.For("alice"), cancel)).Node;
        string[] headers = [$"{NodeProof.Node}: {id}", $"{NodeProof.Nonce}: {NodeProof.NewNonce()}",
            $"{ForwardHeaders.Mark}: {NodeProof.OfCaller(new byte[64], id, "x")}"];
        foreach (var some in new[] { headers, headers[..2], [] })
        {
            var answer = await RawHttp.SendAsync(_owner.Address, "GET", NodeProof.Path, null, null, cancel, some);
            Assert.That((answer.Status, answer.Text.Contains("X-Hub", StringComparison.OrdinalIgnoreCase)), Is.EqualTo((404, false)));
        }
    }

    /// <summary>Another server at the address of a node that could prove its identity.</summary>
    private async Task<FakeOwner> ListAsync(params Scene[] scenes)
    {
        var stranger = await FakeOwner.ListAsync(_redis, scenes);
        await FakeOwner.ListAsync(_redis, stranger.Id, new Uri($"http://127.0.0.1:{stranger.Port}"), NodeVersions.ProvenConnections);
        return stranger;
    }
}
