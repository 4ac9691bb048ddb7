using Realtime.Server.Node;
using Realtime.Server.Routing;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Routing.Polls;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>
/// The response to a long poll counts once it is delivered. A response that is lost with a node on its way ends the connection.
/// </summary>
[CancelAfter(60_000)]
internal sealed class ConfirmedPollTests
{
    private const string Messages = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 2\r\n\r\nok";
    private const string Taken = "HTTP/1.1 204 No Content\r\n\r\n";
    private static readonly (int, string) Gone = (404, RawConnection.UnknownToSignalR);

    private readonly AsyncDisposables _started = new();
    private IRedisServer _redis = null!;
    private Node[] _nodes = null!;
    private FakeForwarder _forwarder = null!;

    private Node Owner => _nodes[0];

    [OneTimeSetUp]
    public async Task StartNodesAsync()
    {
        _redis = _started.Add(await RedisServers.StartAsync());
        _nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Node.StartAsync(_redis)));
        foreach (var node in _nodes) _started.Add(node);
        _forwarder = await FakeForwarder.CreateAsync(_redis);
    }

    [OneTimeTearDown]
    public async Task StopNodesAsync() => await _started.DisposeAsync();

    [TestCase(false, TestName = "A poll that is repeated at a third node")]
    [TestCase(true, TestName = "A poll that is repeated at its owner")]
    public async Task An_answer_that_dies_with_the_node_in_between_ends_the_connection(bool atOwner)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        await using var between = await Node.StartAsync(_redis, cancel: cancel);
        var connection = await OpenAsync(cancel);
        await MeetAsync(between, cancel);
        var (sent, answered) = (Owner.Link.BytesToServer, Owner.Link.BytesToClient);
        var poll = connection.PollAsync(between.Address, cancel);
        await Eventually.True("the poll waits at its owner", () => Owner.Link.BytesToServer > sent, cancel);
        Owner.Link.ToClient = Flow.Stall;
        await connection.PostAsync(Owner.Address, RawConnection.Handshake, cancel);
        await Eventually.True("its answer has left the owner", () => Owner.Link.BytesToClient > answered, cancel);
        await between.Server.KillAsync();
        Owner.Link.ToClient = Flow.Pass;
        Assert.That(async () => await poll, Throws.InstanceOf<HttpRequestException>(), "a proxy would repeat it");

        await connection.PostAsync(Owner.Address, Call(1), cancel);
        var again = atOwner ? Owner : _nodes[1];
        Assert.That(await connection.PollAsync(again.Address, cancel), Is.EqualTo(Gone), "not the next answer");
        foreach (var node in _nodes)
        {
            Assert.That(await connection.PollAsync(node.Address, cancel), Is.EqualTo(Gone));
            Assert.That(await connection.PostAsync(node.Address, Call(2), cancel), Is.EqualTo(Gone));
        }
    }

    [Test]
    public async Task Polls_that_go_round_all_nodes_lose_nothing(CancellationToken cancel)
    {
        const int Rounds = 60;
        var connection = await OpenAsync(cancel);
        Assert.That(await connection.PostAsync(_nodes[1].Address, RawConnection.Handshake, cancel), Is.EqualTo((200, "")));
        Assert.That(await connection.PollAsync(_nodes[2].Address, cancel), Is.EqualTo((200, RawConnection.Agreed)));
        for (var n = 1; n <= Rounds; n++)
        {
            Assert.That(await connection.PostAsync(_nodes[n % 3].Address, Call(n), cancel), Is.EqualTo((200, "")));
            var (status, body) = await connection.PollAsync(_nodes[(n + n / 3) % 3].Address, cancel);
            Assert.That((status, body), Is.EqualTo((200, Answer(n))), $"{n}");
        }
    }

    [Test]
    public async Task The_next_answer_waits_until_the_last_is_confirmed(CancellationToken cancel)
    {
        var connection = await OpenAsync(cancel);
        await connection.PostAsync(Owner.Address, RawConnection.Handshake, cancel);
        Assert.That(await _forwarder.PollAsync(connection, Owner.Address, "a.1", cancel), Is.EqualTo((200, RawConnection.Agreed)));
        await connection.PostAsync(Owner.Address, Call(1), cancel);
        var next = connection.PollAsync(Owner.Address, cancel);
        Assert.That(await new FakeForwarder(new byte[64]).ConfirmAsync(Owner.Address, connection.Node, "a.1\n", cancel), Is.EqualTo(404),
            "another key");
        Assert.That(await _forwarder.ConfirmAsync(Owner.Address, NodeId.New(), "a.1\n", cancel), Is.EqualTo(404), "for another owner");
        foreach (var minutes in (int[])[-1, 1])
        {
            var at = TimeProvider.System.GetUtcNow().AddMinutes(minutes);
            Assert.That(
                await _forwarder.ConfirmAsync(Owner.Address, connection.Node, "a.1\n", cancel, at), Is.EqualTo(404), $"{minutes} min");
        }
        Assert.That(await _forwarder.ConfirmAsync(Owner.Address, connection.Node, "a.2\nb.1\n", cancel), Is.EqualTo(204), "other polls");
        Assert.That(next.IsCompleted, Is.False);
        Assert.That(await _forwarder.ConfirmAsync(Owner.Address, connection.Node, "a.0\na.1\n", cancel), Is.EqualTo(204));
        Assert.That(await next, Is.EqualTo((200, Answer(1))));
    }

    [Test]
    public async Task The_next_poll_of_the_same_way_confirms_an_answer(CancellationToken cancel)
    {
        const int Rounds = 10;
        var connection = await OpenAsync(cancel);
        await connection.PostAsync(Owner.Address, RawConnection.Handshake, cancel);
        Assert.That(await _forwarder.PollAsync(connection, Owner.Address, "same.0", cancel), Is.EqualTo((200, RawConnection.Agreed)));
        for (var n = 1; n <= Rounds; n++)
        {
            await connection.PostAsync(Owner.Address, Call(n), cancel);
            Assert.That(
                await _forwarder.PollAsync(connection, Owner.Address, $"same.{n} same.{n - 1}", cancel), Is.EqualTo((200, Answer(n))));
        }
        await connection.PostAsync(Owner.Address, Call(0), cancel);
        Assert.That(
            await _forwarder.PollAsync(connection, Owner.Address, $"same.x same.{Rounds - 1}", cancel), Is.EqualTo(Gone), "another answer");
    }

    [Test]
    public async Task Polls_that_stay_with_one_node_and_then_leave_it_lose_nothing(CancellationToken cancel)
    {
        var connection = await OpenAsync(cancel);
        await connection.PostAsync(Owner.Address, RawConnection.Handshake, cancel);
        Assert.That(await connection.PollAsync(_nodes[1].Address, cancel), Is.EqualTo((200, RawConnection.Agreed)));
        for (var n = 1; n <= 24; n++)
        {
            Assert.That(await connection.PostAsync(Owner.Address, Call(n), cancel), Is.EqualTo((200, "")));
            var way = _nodes[n % 8 == 0 ? 2 : 1].Address;
            Assert.That(await connection.PollAsync(way, cancel), Is.EqualTo((200, Answer(n))), $"{n}");
        }
    }

    [TestCase(true, TestName = "With messages for the next poll")]
    [TestCase(false, TestName = "Without messages for the next poll")]
    public async Task An_answer_that_is_not_confirmed_ends_the_connection(bool hasMore)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        var connection = await OpenAsync(cancel);
        await connection.PostAsync(Owner.Address, RawConnection.Handshake, cancel);
        Assert.That(await _forwarder.PollAsync(connection, Owner.Address, $"{hasMore}.1", cancel), Is.EqualTo((200, RawConnection.Agreed)));
        if (hasMore) await connection.PostAsync(Owner.Address, Call(1), cancel);
        Assert.That(await connection.PollAsync(_nodes[1].Address, cancel), Is.EqualTo(Gone));
        Assert.That(await connection.PollAsync(Owner.Address, cancel), Is.EqualTo(Gone));
        Assert.That(await connection.PostAsync(_nodes[2].Address, Call(2), cancel), Is.EqualTo(Gone));
        Assert.That(await _forwarder.ConfirmAsync(Owner.Address, connection.Node, $"{hasMore}.1\n", cancel), Is.EqualTo(204));
        Assert.That(await connection.PollAsync(Owner.Address, cancel), Is.EqualTo(Gone), "too late");
    }

    [Test]
    public async Task An_answer_that_a_node_has_lost_ends_the_connection(CancellationToken cancel)
    {
        var connection = await OpenAsync(cancel);
        await connection.PostAsync(Owner.Address, RawConnection.Handshake, cancel);
        Assert.That(await _forwarder.PollAsync(connection, Owner.Address, "lost.1", cancel), Is.EqualTo((200, RawConnection.Agreed)));
        Assert.That(
            await _forwarder.ConfirmAsync(Owner.Address, connection.Node, $"{ConfirmationFormat.Lost}lost.1\n", cancel), Is.EqualTo(204));
        Assert.That(await connection.PollAsync(_nodes[1].Address, cancel), Is.EqualTo(Gone));
    }

    [Test]
    public async Task A_node_of_the_first_version_need_not_confirm(CancellationToken cancel)
    {
        var connection = await OpenAsync(cancel);
        await connection.PostAsync(Owner.Address, RawConnection.Handshake, cancel);
        Assert.That(await _forwarder.PollAsync(connection, Owner.Address, "", cancel), Is.EqualTo((200, RawConnection.Agreed)));
        for (var n = 1; n <= 3; n++)
        {
            await connection.PostAsync(Owner.Address, Call(n), cancel);
            Assert.That(await connection.PollAsync(_nodes[n - 1].Address, cancel), Is.EqualTo((200, Answer(n))));
        }
    }

    [Test]
    public async Task A_node_confirms_an_answer_once_its_caller_has_it(CancellationToken cancel)
    {
        await using var owner = await ListAsync(
            NodeVersions.ConfirmedPolls, new Scene(Messages, Close: false), new Scene(Taken, Close: false));
        Assert.That(await owner.Connection("bearer").PollAsync(_nodes[1].Address, cancel), Is.EqualTo((200, "ok")));
        await Eventually.True("the answer is confirmed", () => owner.Requests.Count == 2, cancel);
        var poll = PollOf(owner);
        Assert.That(owner.Requests.Last(),
            Does.StartWith($"POST {ConfirmationFormat.Path}?{ConfirmationFormat.At}=").And.Contain(
                $"Host: {_nodes[1].Address.Authority}\r\n"));
        Assert.That(owner.Bodies.Last(), Is.EqualTo(poll + "\n"));
        Assert.That(poll, Does.Match("^[0-9a-f]{16}[.][0-9]+$"));
    }

    [Test]
    public async Task A_node_says_that_an_answer_was_lost_if_its_caller_has_left(CancellationToken cancel)
    {
        await using var owner = await ListAsync(NodeVersions.ConfirmedPolls, new Scene(null, Close: false), new Scene(Taken, Close: false));
        using (var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancel))
        {
            var poll = owner.Connection("bearer").PollAsync(_nodes[1].Address, leaving.Token);
            await Eventually.True("the poll waits at its owner", () => owner.Requests.Count == 1, cancel);
            await leaving.CancelAsync();
            Assert.That(async () => await poll, Throws.InstanceOf<OperationCanceledException>());
        }
        await Eventually.True("the owner is told", () => owner.Bodies.Contains($"{ConfirmationFormat.Lost}{PollOf(owner)}\n"), cancel);
    }

    [TestCase(NodeVersions.First, Messages, TestName = "An owner of the first version")]
    [TestCase(NodeVersions.ConfirmedPolls, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 0\r\n\r\n",
        TestName = "An answer without messages")]
    [TestCase(NodeVersions.ConfirmedPolls, "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno",
        TestName = "A refusal")]
    public async Task Nothing_else_is_confirmed(int version, string answer)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        await using var owner = await ListAsync(
            version, new Scene(answer, Close: false), new Scene(Messages, Close: false), new Scene(Taken, Close: false));
        await owner.Connection("bearer").PollAsync(_nodes[1].Address, cancel);
        // A confirmation would be sent before the next response arrives, or together with it.
        await owner.Connection("bearer").PostAsync(_nodes[1].Address, "{}", cancel);
        Assert.That(owner.Requests, Has.Count.EqualTo(2));
        if (version == NodeVersions.First) Assert.That(owner.Requests.First(), Does.Not.Contain(ForwardHeaders.Poll));
    }

    private static string Call(int n) => $$"""{"type":1,"invocationId":"{{n}}","target":"Unread","arguments":[]}""" + "\u001e";

    private static string Answer(int n) => $$"""{"type":3,"invocationId":"{{n}}","result":0}""" + "\u001e";

    private static string PollOf(FakeOwner owner) => owner.Requests.First().Split("\r\n")
        .Single(line => line.StartsWith($"{ForwardHeaders.Poll}: ", StringComparison.Ordinal))[(ForwardHeaders.Poll.Length + 2)..];

    /// <summary>A scripted owner of a version.</summary>
    private async Task<FakeOwner> ListAsync(int version, params Scene[] scenes)
    {
        var owner = await FakeOwner.ListAsync(_redis, scenes);
        if (version != NodeVersions.First)
            await _redis.AskAsync(database => database.HashSetAsync(DefaultNames.Keys.NodesSpeak, owner.Id, version));
        return owner;
    }

    /// <summary>A connection of the owner's, with its first poll.</summary>
    private async Task<RawConnection> OpenAsync(CancellationToken cancel)
    {
        var connection = await RawConnection.NegotiateAsync(Owner.Address, Tokens.For("alice"), cancel);
        Assert.That(await connection.PollAsync(Owner.Address, cancel), Is.EqualTo((200, "")));
        return connection;
    }

    /// <summary>Lets a node forward to the owner once: from then on it has a connection to it.</summary>
    private async Task MeetAsync(Node node, CancellationToken cancel)
    {
        var connection = await RawConnection.NegotiateAsync(Owner.Address, Tokens.For("alice"), cancel);
        Assert.That(await connection.PollAsync(node.Address, cancel), Is.EqualTo((200, "")));
    }
}
