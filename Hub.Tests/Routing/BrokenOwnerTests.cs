using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Realtime.Server.Node;
using Realtime.Server.Routing;
using Realtime.Server.Routing.Forwarding;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>A node forwards to owners that send wrong data, die or break off. Its callers get a correct response, or none.</summary>
[CancelAfter(60_000)]
internal sealed class BrokenOwnerTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string EventStream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    private readonly AsyncDisposables _started = new();
    private IRedisServer _redis = null!;
    private Node _node = null!, _other = null!;

    [OneTimeSetUp]
    public async Task StartNodesAsync()
    {
        _redis = _started.Add(await RedisServers.StartAsync());
        var nodes = await Task.WhenAll(Node.StartAsync(_redis), Node.StartAsync(_redis));
        foreach (var node in nodes) _started.Add(node);
        (_node, _other) = (nodes[0], nodes[1]);
    }

    [OneTimeTearDown]
    public async Task StopNodesAsync() => await _started.DisposeAsync();

    [Test]
    public async Task The_owner_gets_the_request_as_the_caller_sent_it(CancellationToken cancel)
    {
        await using var owner = await FakeOwner.ListAsync(_redis, new Scene(Ok, Close: true));
        var connection = owner.Connection("token");
        using var request = connection.Request(HttpMethod.Post, _node.Address, "text/x;q=0.5, */*", "body");
        request.RequestUri = new Uri(
            $"{request.RequestUri}&_=1%7e2&x=%C3%A9", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        foreach (var (name, value) in new[]
        {
            ("Cookie", "a=b; c=d"), ("Origin", "https://shop.example"), ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https"),
                ("Accept-Encoding", "gzip"),
            (ForwardHeaders.Mark, "spoofed"), ("X-Private", "for this hop"), ("X-Custom", "value"),
        }) request.Headers.TryAddWithoutValidation(name, value);
        request.Headers.Connection.Add("X-Private");
        using var answer = await _node.Server.Http.SendAsync(request, cancel);

        Assert.That(await answer.Content.ReadAsStringAsync(cancel), Is.EqualTo("ok"));
        var lines = owner.Requests.Single().Split("\r\n");
        Assert.Multiple(() =>
        {
            Assert.That(lines[0], Is.EqualTo($"POST /hubs/orders?id={connection.Id}&_=1%7e2&x=%C3%A9 HTTP/1.1"));
            Assert.That(lines, Is.SupersetOf(new[]
            {
                $"Host: {_node.Address.Authority}", "Authorization: Bearer token", "Accept: text/x;q=0.5, */*", "Cookie: a=b; c=d",
                "Origin: https://shop.example", "X-Custom: value", "Content-Length: 4", "Content-Type: text/plain; charset=utf-8",
                // The caller came through a proxy that the node trusts.
                "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https",
            }));
            Assert.That(lines, Has.None.Contains("X-Private").And.None.StartsWith("Accept-Encoding").And.None.StartsWith("Connection"));
            Assert.That(lines.Single(line => line.StartsWith(ForwardHeaders.Mark, StringComparison.Ordinal)), Does.Not.Contain("spoofed"));
        });
    }

    [Test]
    public async Task Names_in_a_Connection_header_that_name_no_header_do_no_harm(CancellationToken cancel)
    {
        await using var owner = await FakeOwner.ListAsync(_redis, new Scene(Ok, Close: true));
        // HTTP/1.0 ends with the answer. A "close" would do that too, but of a list with one Kestrel keeps nothing else.
        var request = $"GET /hubs/orders?id={owner.Connection("").Id} HTTP/1.0\r\nHost: {_node.Address.Authority}\r\n"
            + "Authorization: Bearer bearer\r\nContent-Type: text/x\r\nX-Private: 1\r\nTE: trailers\r\nTrailer: X-End\r\nConnection: "
            + "content-type, a b, ,\tX-Private\r\n\r\n";
        var answer = await RawHttp.SendAsync(_node.Address, request, cancel);
        Assert.That(answer.Status, Is.EqualTo(200), answer.Text);
        Assert.That(owner.Requests.Single(), Does.Contain("Bearer bearer")
            .And.Not.Contains("X-Private").And.Not.Contains("text/x").And.Not.Contains("trailer").IgnoreCase);
    }

    /// <summary>What proxies add about the caller, and the prefix that they strip, is meant for the node that they reach.</summary>
    [TestCase("X-Forwarded-Prefix: /shop")]
    [TestCase("X-Forwarded-Prefix: /shop/a%20b")]
    [TestCase("X-Forwarded-Prefix: /shop", "X-Forwarded-Host: shop.example:8443", "X-Forwarded-Proto: https",
        "X-Forwarded-For: 203.0.113.9")]
    [TestCase("X-Forwarded-Host: xn--bcher-kva.example", "X-Forwarded-Proto: https")]
    [TestCase("X-Forwarded-Host: [2001:db8::1]:8443", "X-Forwarded-For: \"[2001:db8::7]:4711\"")]
    [TestCase("X-Forwarded-For: 203.0.113.9, 198.51.100.1", "X-Forwarded-Host: a.example, b.example", "X-Forwarded-Proto: http, https",
        "X-Forwarded-Prefix: /a, /b")]
    [TestCase("Forwarded: for=203.0.113.9;proto=https;host=shop.example")]
    public async Task Whatever_a_proxy_says_the_owner_gets_its_own_path_and_a_good_mark(params string[] headers)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        var text = await _redis.AskAsync(database => database.StringGetAsync(DefaultNames.Keys.NodesKey));
        var key = Encoding.ASCII.GetBytes((string)text!);
        foreach (var hub in new[] { "/hubs/orders", "/hubs/operators" })
        {
            await using var owner = await FakeOwner.ListAsync(_redis, new Scene(Ok, Close: true));
            var id = owner.Connection("").Id;
            var answer = await RawHttp.SendAsync(_node.Address, "GET", $"{hub}?id={id}", "bearer", null, cancel, headers);
            Assert.That(answer.Text, Is.EqualTo("ok"));
            var lines = owner.Requests.Single().Split("\r\n");
            Assert.That(lines[0], Is.EqualTo($"GET {hub}?id={id} HTTP/1.1"));
            Assert.That(lines, Has.None.StartsWith("X-Forwarded-Prefix").And.None.StartsWith("X-Forwarded-Host"));
            var host = HostString.FromUriComponent(Value("Host")).Value!;
            Assert.That(Value(ForwardHeaders.Mark),
                Is.EqualTo(ForwardMark.Make(key, "GET", id, Value(ForwardHeaders.For), Value(ForwardHeaders.Proto), host)));

            string Value(string name) => lines.Single(line => line.StartsWith(name + ": ", StringComparison.Ordinal))[(name.Length + 2)..];
        }
    }

    [TestCase("access_token={0}")]
    [TestCase("x=1&access_token={0}&y=2")]
    public async Task A_token_in_the_query_reaches_the_owner_as_a_header(string query)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        await using var owner = await FakeOwner.ListAsync(_redis, new Scene(Ok, Close: true));
        var url = new Uri(_node.Address, $"/hubs/orders?id={owner.Connection("").Id}&{string.Format(null, query, "secret")}");
        using var answer = await _node.Server.Http.GetAsync(url, cancel);
        Assert.That(owner.Requests.Single(), Does.Contain("Authorization: Bearer secret\r\n").And.Not.Contain("access_token"));
    }

    [Test]
    public async Task A_request_is_forwarded_once_whatever_the_directory_says(CancellationToken cancel)
    {
        // One id that leads to another node, which does not have it either, and one that leads back to the node itself.
        foreach (var node in new[] { _other, _node })
        {
            var (id, before) = (NodeId.New(), node.Link.BytesToServer);
            await FakeOwner.ListAsync(_redis, id, node.Link.Address);
            var connection = new RawConnection($"{id}.AAAAAAAAAAAAAAAAAAAAAA", Tokens.For("alice"));
            Assert.That(await connection.PollAsync(_node.Address, cancel), Is.EqualTo((404, RawConnection.UnknownToSignalR)));
            Assert.That(node.Link.BytesToServer - before, Is.InRange(1, 2_000), "one request of about 600 bytes");
        }
    }

    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", TestName = "An answer that is cut short")]
    [TestCase("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", TestName = "A stream that is cut between chunks")]
    [TestCase("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf", TestName = "A stream that is cut in a chunk")]
    public async Task An_answer_that_breaks_off_breaks_for_the_caller_too(string answer)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        await using var owner = await FakeOwner.ListAsync(_redis, new Scene(answer, Close: true));
        Assert.That(
            async () => await owner.Connection(Tokens.For("alice")).PollAsync(_node.Address, cancel),
            Throws.InstanceOf<HttpRequestException>().Or.InstanceOf<IOException>());
    }

    [Test]
    public async Task An_answer_that_breaks_off_before_its_first_byte_is_none(CancellationToken cancel)
    {
        // The caller's own HTTP client would repeat the poll if the connection just ended, and lose the content of the first response.
        await using var owner = await FakeOwner.ListAsync(_redis, new Scene("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX-Y: ", Close: true),
            new Scene("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", Close: false));
        var connection = owner.Connection(Tokens.For("alice"));
        for (var n = 0; n < 2; n++) Assert.That(await PollAsync(n), Is.EqualTo((404, RawConnection.UnknownToSignalR)), $"{n}");

        async Task<(int, string)> PollAsync(int n)
        {
            var poll = connection.PollAsync(_node.Address, cancel);
            // The second owner has sent its headers and stalls until its connection is cut.
            if (n == 1) await Eventually.True("it was asked", () => owner.Requests.Count == 2, cancel);
            if (n == 1) owner.Cut();
            return await poll;
        }
    }

    [TestCase("GET")]
    [TestCase("POST")]
    [TestCase("DELETE")]
    public async Task What_the_owner_did_not_answer_is_not_sent_again(string method)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        // The first leaves a reusable connection: the framework would repeat a request on its own when that breaks.
        await using var owner = await FakeOwner.ListAsync(_redis, new Scene(Ok, Close: false));
        var connection = owner.Connection(Tokens.For("alice"));
        Assert.That(await connection.AskAsync(new(method), _node.Address, cancel, body: Body()), Is.EqualTo((200, "ok")));
        Assert.That(
            await connection.AskAsync(new(method), _node.Address, cancel, body: Body()), Is.EqualTo((404, RawConnection.UnknownToSignalR)));
        Assert.That(owner.Requests, Has.Count.EqualTo(2));

        string? Body() => method == "POST" ? "{}" : null;
    }

    [Test]
    public async Task A_caller_that_reads_nothing_is_cut_and_costs_little(CancellationToken cancel)
    {
        await using var owner = await FakeOwner.ListAsync(_redis, new Scene(EventStream, Close: true));
        using var caller = new TcpClient { ReceiveBufferSize = 8 * 1024 };
        await caller.ConnectAsync("127.0.0.1", _node.Server.Port, cancel);
        // HTTP/1.0 ends with the answer. A "close" would do that too, but of a list with one Kestrel keeps nothing else.
        var request =
            $"GET /hubs/orders?id={owner.Connection("").Id} HTTP/1.0\r\nHost: hub\r\nAuthorization: Bearer {Tokens.For("alice")}\r\nAccept: text/event-stream\r\n\r\n";
        await caller.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request), cancel);
        await Eventually.True("the owner is streaming", () => owner.Flood is not null, cancel);
        await Eventually.Ends("the node gives up on a caller that takes nothing", owner.Flood!, Forwarder.StallTimeout * 3, cancel);
        Assert.That(await owner.Flood!, Is.LessThan(16 * 1024 * 1024));
    }

    [Test]
    public async Task A_link_that_breaks_under_an_event_stream_breaks_it_for_the_caller(CancellationToken cancel)
    {
        var connection = await RawConnection.NegotiateAsync(_other.Address, Tokens.For("alice"), cancel);
        using var stream = await connection.OpenStreamAsync(_node.Address, cancel);
        _other.Link.Cut();
        Assert.That(
            async () => await stream.ReadToEndAsync(cancel), Throws.InstanceOf<IOException>().Or.InstanceOf<HttpRequestException>());
    }

    [Test]
    public async Task A_link_that_breaks_under_a_waiting_poll_ends_the_connection(CancellationToken cancel)
    {
        var connection = await RawConnection.NegotiateAsync(_other.Address, Tokens.For("alice"), cancel);
        Assert.That((await connection.PollAsync(_node.Address, cancel)).Status, Is.EqualTo(200));
        var before = _other.Link.BytesToServer;
        var poll = connection.PollAsync(_node.Address, cancel);
        await Eventually.True("the poll waits at its owner", () => _other.Link.BytesToServer > before, cancel);
        _other.Link.Cut();
        Assert.That((await poll).Status, Is.EqualTo(404));
    }

    [Test, Category("Campaign"), CancelAfter(120_000)]
    public async Task An_owner_that_stands_still_is_given_up(CancellationToken cancel)
    {
        Requires.Campaigns();
        await using var owner = await Node.StartAsync(_redis, cancel: cancel);
        var (streaming, polling) = (
            await RawConnection.NegotiateAsync(owner.Address, Tokens.For("alice"), cancel),
            await RawConnection.NegotiateAsync(owner.Address, Tokens.For("alice"), cancel));
        using var stream = await streaming.OpenStreamAsync(_node.Address, cancel);
        Assert.That((await polling.PollAsync(_node.Address, cancel)).Status, Is.EqualTo(200));
        owner.Server.Send(Signal.Stop);
        var poll = polling.PollAsync(_node.Address, cancel);
        Assert.That(
            async () => await stream.ReadToEndAsync(cancel), Throws.InstanceOf<IOException>().Or.InstanceOf<HttpRequestException>());
        Assert.That((await poll).Status, Is.EqualTo(404));
        owner.Server.Send(Signal.Continue);
    }

    [Test]
    public async Task A_connection_whose_owner_has_died_is_unknown(CancellationToken cancel)
    {
        await using var owner = await Node.StartAsync(_redis, cancel: cancel);
        var connection = await RawConnection.NegotiateAsync(owner.Address, Tokens.For("alice"), cancel);
        Assert.That((await connection.PollAsync(_node.Address, cancel)).Status, Is.EqualTo(200));
        await owner.Server.KillAsync();
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Delete })
            Assert.That(await connection.AskAsync(method, _node.Address, cancel), Is.EqualTo((404, RawConnection.UnknownToSignalR)));
    }

    [Test]
    public async Task A_WebSocket_needs_no_owner_that_lives(CancellationToken cancel)
    {
        await using var owner = await Node.StartAsync(_redis, cancel: cancel);
        var connection = await RawConnection.NegotiateAsync(owner.Address, Tokens.For("alice"), cancel);
        await owner.Server.KillAsync();
        Assert.That(await connection.OpenWebSocketAsync(_node.Address, cancel), Is.EqualTo((101, RawConnection.Agreed)));
    }
}
