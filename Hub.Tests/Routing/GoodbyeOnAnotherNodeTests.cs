using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>A goodbye that arrives at another node than the connection's is a success as on one node, whatever arrives first.</summary>
[CancelAfter(60_000)]
internal sealed class GoodbyeOnAnotherNodeTests
{
    private const string Close = "{\"type\":7}\u001e";

    private readonly AsyncDisposables _started = new();
    private Node _owner = null!, _other = null!, _third = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        var redis = _started.Add(await RedisServers.StartAsync());
        var nodes = await Task.WhenAll(Node.StartAsync(redis), Node.StartAsync(redis), Node.StartAsync(redis));
        foreach (var node in nodes) _started.Add(node);
        (_owner, _other, _third) = (nodes[0], nodes[1], nodes[2]);
        foreach (var node in nodes) await node.KnowsAsync(3);
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    [Test]
    public async Task It_ends_the_connection_on_its_node_and_may_be_repeated_on_any(CancellationToken cancel)
    {
        var connection = await OpenPollsAsync(cancel);
        var waiting = connection.PollAsync(_third.Address, cancel);
        Assert.That(await connection.DeleteAsync(_other.Address, cancel), Is.EqualTo((202, "")));
        Assert.That((await waiting).Status, Is.EqualTo(204).Or.EqualTo(404), "the poll that waited ends");
        await GoneAsync(connection, cancel);
        foreach (var node in new[] { _other, _third, _owner })
        {
            Assert.That(await connection.DeleteAsync(node.Address, cancel), Is.EqualTo((202, "")), "DELETE");
            Assert.That(await connection.PostAsync(node.Address, Close, cancel), Is.EqualTo((200, "")), "close");
        }
    }

    [Test]
    public async Task A_close_through_one_node_and_a_delete_through_another_are_both_a_success(CancellationToken cancel)
    {
        var connection = await OpenPollsAsync(cancel);
        Assert.That(await connection.PostAsync(_other.Address, Close, cancel), Is.EqualTo((200, "")));
        await GoneAsync(connection, cancel);
        Assert.That(await connection.DeleteAsync(_third.Address, cancel), Is.EqualTo((202, "")));
    }

    [Test]
    public async Task It_frees_the_place_of_its_user_at_once(CancellationToken cancel)
    {
        var connection = await OpenPollsAsync(cancel, "carol");
        Assert.That(await CountAsync("carol", cancel), Is.EqualTo(1));
        await connection.DeleteAsync(_other.Address, cancel);
        await Eventually.True("the user has no connection", async () => await CountAsync("carol", cancel) == 0,
            TimeSpan.FromSeconds(10), cancel);
    }

    [Test]
    public async Task To_others_there_never_was_such_a_connection(CancellationToken cancel)
    {
        var connection = await OpenPollsAsync(cancel);
        var stranger = connection.As(otherBearer: Tokens.For("eve"));
        Assert.That((await stranger.DeleteAsync(_other.Address, cancel)).Status, Is.EqualTo(404));
        Assert.That((await connection.DeleteAsync(_other.Address, cancel)).Status, Is.EqualTo(202));
        Assert.That((await stranger.DeleteAsync(_other.Address, cancel)).Status, Is.EqualTo(404));
        Assert.That((await stranger.PostAsync(_other.Address, Close, cancel)).Status, Is.EqualTo(404));
    }

    private async Task<long> CountAsync(string user, CancellationToken cancel)
    {
        var answer = await RawHttp.SendAsync(_third.Address, "GET", $"/api/presence?user={user}", Tokens.Publisher(), null, cancel);
        Assert.That(answer.Status, Is.EqualTo(200), answer.Text);
        return answer.Json.GetProperty("users").GetProperty(user).GetInt64();
    }

    private async Task<RawConnection> OpenPollsAsync(CancellationToken cancel, string user = "alice")
    {
        var connection = await RawConnection.NegotiateAsync(_owner.Address, Tokens.For(user), cancel);
        Assert.That(await connection.PollAsync(_other.Address, cancel), Is.EqualTo((200, "")));
        Assert.That(await connection.PostAsync(_other.Address, RawConnection.Handshake, cancel), Is.EqualTo((200, "")));
        Assert.That(await connection.PollAsync(_other.Address, cancel), Is.EqualTo((200, RawConnection.Agreed)));
        return connection;
    }

    private Task GoneAsync(RawConnection connection, CancellationToken cancel) =>
        Eventually.True("the connection is gone", async () => (await connection.PollAsync(_other.Address, cancel)).Status == 404, cancel);
}
