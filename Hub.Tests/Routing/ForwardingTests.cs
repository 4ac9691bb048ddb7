using System.Net;
using System.Text.RegularExpressions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>Three nodes and no balancer: each request goes to the least favourable node.</summary>
[CancelAfter(60_000)]
internal sealed class ForwardingTests
{
    private const string EventStream = "text/event-stream";
    private const string Shop = "https://shop.example";

    private readonly AsyncDisposables _started = new();
    private IRedisServer _redis = null!;
    private Node _owner = null!, _other = null!, _third = null!;

    [OneTimeSetUp]
    public async Task StartNodesAsync()
    {
        _redis = _started.Add(await RedisServers.StartAsync());
        var settings = new Dictionary<string, string> { ["Hub:Cors:Origins"] = Shop };
        var nodes = await Task.WhenAll(
            Node.StartAsync(_redis, settings), Node.StartAsync(_redis, settings), Node.StartAsync(_redis, settings));
        foreach (var node in nodes) _started.Add(node);
        (_owner, _other, _third) = (nodes[0], nodes[1], nodes[2]);
    }

    [OneTimeTearDown]
    public async Task StopNodesAsync() => await _started.DisposeAsync();

    [Test]
    public async Task A_negotiation_names_the_node_in_the_token(CancellationToken cancel)
    {
        var (one, two) = (await NegotiateAsync(cancel), await NegotiateAsync(cancel));
        Assert.That(one.Id, Does.Match("^[0-9a-f]{16}[.][A-Za-z0-9._~-]+$"));
        Assert.That(one.Node, Is.EqualTo(two.Node));
        Assert.That((await RawConnection.NegotiateAsync(_other.Address, one.Bearer, cancel)).Node, Is.Not.EqualTo(one.Node));
    }

    [Test]
    public async Task An_event_stream_runs_through_any_node(CancellationToken cancel)
    {
        var connection = await NegotiateAsync(cancel);
        using var stream = await connection.OpenStreamAsync(_other.Address, cancel);
        Assert.That(await connection.PostAsync(_third.Address, RawConnection.Handshake, cancel), Is.EqualTo((200, "")));
        Assert.That(await RawConnection.ReadEventAsync(stream, cancel), Is.EqualTo(RawConnection.Agreed));
    }

    [Test]
    public async Task A_forwarded_event_stream_keeps_the_headers_that_make_it_one(CancellationToken cancel)
    {
        var connection = await NegotiateAsync(cancel);
        using var answer = await connection.SendAsync(HttpMethod.Get, _other.Address, cancel, EventStream);
        Assert.Multiple(() =>
        {
            Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo(EventStream));
            Assert.That(answer.Content.Headers.ContentEncoding, Is.EqualTo(["identity"]));
            Assert.That(answer.Headers.GetValues("X-Accel-Buffering"), Is.EqualTo(["no"]));
            Assert.That(answer.Headers.CacheControl?.NoStore, Is.True);
        });
    }

    [Test]
    public async Task A_long_poll_goes_through_any_node(CancellationToken cancel)
    {
        var connection = await NegotiateAsync(cancel);
        Assert.That(await connection.PollAsync(_other.Address, cancel), Is.EqualTo((200, "")), "the first poll opens");
        Assert.That(await connection.PostAsync(_owner.Address, RawConnection.Handshake, cancel), Is.EqualTo((200, "")));
        Assert.That(await connection.PollAsync(_third.Address, cancel), Is.EqualTo((200, RawConnection.Agreed)));
        Assert.That((await connection.DeleteAsync(_other.Address, cancel)).Status, Is.EqualTo(202));
        await Eventually.True(
            "the connection is gone everywhere", async () => (await connection.PollAsync(_third.Address, cancel)).Status == 404, cancel);
    }

    [Test]
    public async Task A_node_counts_what_it_sends_on(CancellationToken cancel)
    {
        var connection = await NegotiateAsync(cancel);
        var (owner, other) = (await _owner.ForwardedAsync(cancel), await _other.ForwardedAsync(cancel));
        using var stream = await connection.OpenStreamAsync(_other.Address, cancel);
        await connection.PostAsync(_other.Address, RawConnection.Handshake, cancel);
        Assert.That(await _other.ForwardedAsync(cancel), Is.EqualTo(other + 2), "the stream, as soon as it runs, and the post");
        Assert.That(await _owner.ForwardedAsync(cancel), Is.EqualTo(owner), "its owner only answered");
    }

    [Test]
    public async Task A_WebSocket_is_opened_where_it_arrives(CancellationToken cancel)
    {
        var (connection, forwarded) = (await NegotiateAsync(cancel), await _other.ForwardedAsync(cancel));
        Assert.That(await connection.OpenWebSocketAsync(_other.Address, cancel), Is.EqualTo((101, RawConnection.Agreed)));
        Assert.That(await _other.ForwardedAsync(cancel), Is.EqualTo(forwarded), "nothing was forwarded for it");
    }

    [Test]
    public async Task A_WebSocket_is_opened_at_its_owner_too(CancellationToken cancel) =>
        Assert.That(
            await (await NegotiateAsync(cancel)).OpenWebSocketAsync(_owner.Address, cancel), Is.EqualTo((101, RawConnection.Agreed)));

    [Test]
    public async Task Somebody_elses_connection_does_not_exist(CancellationToken cancel)
    {
        var connection = await NegotiateAsync(cancel);
        using var stream = await connection.OpenStreamAsync(_owner.Address, cancel);
        var mallory = connection.As(otherBearer: Tokens.For("mallory"));
        foreach (var server in new[] { _owner.Address, _other.Address })
        {
            Assert.That(await mallory.PollAsync(server, cancel), Is.EqualTo((404, RawConnection.UnknownToSignalR)));
            Assert.That(
                await mallory.AskAsync(HttpMethod.Get, server, cancel, EventStream), Is.EqualTo((404, RawConnection.UnknownToSignalR)));
            Assert.That(
                await mallory.PostAsync(server, RawConnection.Handshake, cancel), Is.EqualTo((404, RawConnection.UnknownToSignalR)));
            Assert.That(await mallory.DeleteAsync(server, cancel), Is.EqualTo((404, RawConnection.UnknownToSignalR)));
            Assert.That((await mallory.OpenWebSocketAsync(server, cancel)).Status, Is.EqualTo(404));
        }
        Assert.That(
            await connection.PostAsync(_other.Address, RawConnection.Handshake, cancel), Is.EqualTo((200, "")), "its own user goes on");
        Assert.That(await RawConnection.ReadEventAsync(stream, cancel), Is.EqualTo(RawConnection.Agreed));
    }

    [Test]
    public async Task A_caller_without_a_token_is_refused_by_whoever_it_reaches(CancellationToken cancel)
    {
        var connection = (await NegotiateAsync(cancel)).As(otherBearer: "none");
        foreach (var server in new[] { _owner.Address, _other.Address })
            Assert.That((await connection.PollAsync(server, cancel)).Status, Is.EqualTo(401));
    }

    [TestCase("0123456789abcdef.AAAAAAAAAAAAAAAAAAAAAA", TestName = "A node that never was")]
    [TestCase("AAAAAAAAAAAAAAAAAAAAAA", TestName = "No node")]
    [TestCase(".", TestName = "Nothing at all")]
    [TestCase("http://127.0.0.1:1.AAAAAAAAAAAAAAAAAAAAAA", TestName = "An address in place of a node")]
    [TestCase("127.0.0.1:6379.AAAAAAAAAAAAAAAAAAAAAA", TestName = "Another address in place of a node")]
    public async Task An_id_that_leads_nowhere_is_answered_as_SignalR_does(string id)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        var connection = new RawConnection(id, Tokens.For("alice"));
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Delete })
            Assert.That(await connection.AskAsync(method, _owner.Address, cancel), Is.EqualTo((404, RawConnection.UnknownToSignalR)));
        Assert.That((await connection.OpenWebSocketAsync(_owner.Address, cancel)).Status, Is.EqualTo(404));
    }

    [Test]
    public async Task A_forged_token_opens_no_WebSocket(CancellationToken cancel)
    {
        var connection = await NegotiateAsync(cancel);
        var forged = Regex.Replace(connection.Id, "~[^~]+~", "~AAAAAAAAAAAAAAAAAAAAAA~");
        Assert.That((await connection.As(forged).OpenWebSocketAsync(_other.Address, cancel)).Status, Is.EqualTo(404));
    }

    [Test]
    public async Task Two_ids_are_refused(CancellationToken cancel)
    {
        var connection = await NegotiateAsync(cancel);
        var twice = connection.As($"{connection.Id}&id={connection.Id}");
        foreach (var server in new[] { _owner.Address, _other.Address })
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Delete })
                Assert.That((await twice.AskAsync(method, server, cancel)).Status, Is.EqualTo(400));
            Assert.That((await twice.OpenWebSocketAsync(server, cancel)).Status, Is.EqualTo(400));
        }
    }

    [Test]
    public async Task A_page_of_another_origin_gets_its_headers_from_one_node(CancellationToken cancel)
    {
        var connection = await NegotiateAsync(cancel);
        using var request = connection.Request(HttpMethod.Post, _other.Address, body: RawConnection.Handshake);
        request.Headers.Add("Origin", Shop);
        using var answer = await _other.Server.Http.SendAsync(request, cancel);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(answer.Headers.GetValues("Access-Control-Allow-Origin"), Is.EqualTo([Shop]));
    }

    [Test]
    public async Task A_preflight_is_answered_by_whoever_gets_it(CancellationToken cancel)
    {
        var (connection, forwarded) = (await NegotiateAsync(cancel), await _other.ForwardedAsync(cancel));
        using var request = connection.Request(HttpMethod.Options, _other.Address);
        request.Headers.Add("Origin", Shop);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        using var answer = await _other.Server.Http.SendAsync(request, cancel);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(answer.Headers.GetValues("Access-Control-Allow-Origin"), Is.EqualTo([Shop]));
        Assert.That(await _other.ForwardedAsync(cancel), Is.EqualTo(forwarded));
    }

    [Test]
    public async Task A_caller_that_leaves_is_gone_at_the_owner_at_once(CancellationToken cancel)
    {
        var connection = await NegotiateAsync(cancel);
        using (await connection.OpenStreamAsync(_other.Address, cancel))
            Assert.That((await connection.PostAsync(_third.Address, RawConnection.Handshake, cancel)).Status, Is.EqualTo(200));
        await Eventually.True(
            "the owner has let go of it", async () => (await connection.PostAsync(_owner.Address, "", cancel)).Status == 404, cancel);
    }

    [Test]
    public async Task A_node_that_has_just_started_is_found(CancellationToken cancel)
    {
        await using var fresh = await Node.StartAsync(_redis, cancel: cancel);
        var connection = await RawConnection.NegotiateAsync(fresh.Address, Tokens.For("alice"), cancel);
        using var stream = await connection.OpenStreamAsync(_other.Address, cancel);
        Assert.That(await connection.PostAsync(_third.Address, RawConnection.Handshake, cancel), Is.EqualTo((200, "")));
        Assert.That(await RawConnection.ReadEventAsync(stream, cancel), Is.EqualTo(RawConnection.Agreed));
    }

    private Task<RawConnection> NegotiateAsync(CancellationToken cancel) =>
        RawConnection.NegotiateAsync(_owner.Address, Tokens.For("alice"), cancel);
}
