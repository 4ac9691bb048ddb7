using System.Text;
using Realtime.Server.Routing;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>
/// A client that says goodbye gets a success, whichever of its requests arrives first, because browsers log each 404 to their console.
/// </summary>
[CancelAfter(60_000)]
internal sealed class GoodbyeTests
{
    private const string Close = "{\"type\":7}\u001e", Cancel = "{\"invocationId\":\"1\",\"type\":5}\u001e", Ping = "{\"type\":6}\u001e";

    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await TestServer.StartAsync(new Dictionary<string, string>());

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test]
    public async Task A_long_polling_client_closes_and_deletes(CancellationToken cancel)
    {
        var connection = await OpenPollsAsync(cancel);
        Assert.That(await connection.PostAsync(_server.Address, Close, cancel), Is.EqualTo((200, "")));
        await GoneAsync(connection, cancel);
        Assert.That(await connection.DeleteAsync(_server.Address, cancel), Is.EqualTo((202, "")));
        Assert.That(await connection.PostAsync(_server.Address, Close, cancel), Is.EqualTo((200, "")));
    }

    [Test]
    public async Task It_deletes_and_its_close_arrives_afterwards(CancellationToken cancel)
    {
        var connection = await OpenPollsAsync(cancel);
        Assert.That(await connection.DeleteAsync(_server.Address, cancel), Is.EqualTo((202, "")));
        foreach (var last in new[] { Close, Cancel, Cancel + Close })
            Assert.That(await connection.PostAsync(_server.Address, last, cancel), Is.EqualTo((200, "")));
        Assert.That(await connection.DeleteAsync(_server.Address, cancel), Is.EqualTo((202, "")));
    }

    [Test]
    public async Task A_client_on_an_event_stream_ends_it_while_its_close_is_on_its_way(CancellationToken cancel)
    {
        for (var n = 0; n < 20; n++)
        {
            var connection = await NegotiateAsync(cancel);
            var stream = await connection.OpenStreamAsync(_server.Address, cancel);
            Assert.That(await connection.PostAsync(_server.Address, RawConnection.Handshake, cancel), Is.EqualTo((200, "")));
            var closing = connection.PostAsync(_server.Address, Close, cancel);
            stream.Dispose();
            Assert.That(await closing, Is.EqualTo((200, "")));
            Assert.That(await connection.PostAsync(_server.Address, Close, cancel), Is.EqualTo((200, "")));
        }
    }

    [TestCase(Ping)]
    [TestCase("{\"type\":1,\"target\":\"Unread\",\"arguments\":[]}\u001e")]
    [TestCase(Close + Ping)]
    [TestCase("{\"type\":7}")]
    [TestCase("nonsense")]
    public async Task Whatever_else_arrives_afterwards_is_refused(string message)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        var connection = await OpenPollsAsync(cancel);
        await connection.DeleteAsync(_server.Address, cancel);
        await GoneAsync(connection, cancel);
        Assert.That((await connection.PostAsync(_server.Address, message, cancel)).Status, Is.EqualTo(404));
    }

    [Test]
    public async Task To_others_there_never_was_such_a_connection(CancellationToken cancel)
    {
        var connection = await OpenPollsAsync(cancel);
        var stranger = connection.As(otherBearer: Tokens.For("eve"));
        foreach (var other in new[] { stranger, connection.As(otherId: "unknown") })
        {
            Assert.That((await other.PostAsync(_server.Address, Close, cancel)).Status, Is.EqualTo(404));
            Assert.That((await other.DeleteAsync(_server.Address, cancel)).Status, Is.EqualTo(404));
        }
        Assert.That((await connection.DeleteAsync(_server.Address, cancel)).Status, Is.EqualTo(202));
        Assert.That((await stranger.DeleteAsync(_server.Address, cancel)).Status, Is.EqualTo(404));
        Assert.That((await stranger.PostAsync(_server.Address, Close, cancel)).Status, Is.EqualTo(404));
    }

    [Test]
    public void What_ended_is_remembered_for_a_while_and_not_without_bound()
    {
        var time = new ManualTime();
        var ended = new EndedConnections(time);
        ended.Add("a", "alice", "/hub");
        Assert.That((ended.WasOf("a", "alice", "/hub"), ended.WasOf("a", "eve", "/hub"), ended.WasOf("a", "alice", "/other")),
            Is.EqualTo((true, false, false)));
        time.Advance(EndedConnections.Memory + TimeSpan.FromSeconds(1));
        Assert.That(ended.WasOf("a", "alice", "/hub"), Is.False);
        for (var n = 0; n <= EndedConnections.Max; n++) ended.Add($"{n}", "alice", "/hub");
        Assert.That((ended.WasOf("0", "alice", "/hub"), ended.WasOf("1", "alice", "/hub")), Is.EqualTo((false, true)));
    }

    [TestCase(Close, true)]
    [TestCase(Cancel + Close, true)]
    [TestCase("{\"type\":7,\"error\":\"x\",\"allowReconnect\":true}\u001e", true)]
    [TestCase("", false)]
    [TestCase("\u001e", false)]
    [TestCase("[7]\u001e", false)]
    [TestCase("{\"type\":\"7\"}\u001e", false)]
    [TestCase("{\"type\":7.5}\u001e", false)]
    [TestCase("{\"type\":7}{}\u001e", false)]
    public void A_goodbye_does_nothing_but_end_something(string messages, bool isOne) =>
        Assert.That(Goodbye.OnlyEnds(Encoding.UTF8.GetBytes(messages)), Is.EqualTo(isOne));

    private Task<RawConnection> NegotiateAsync(CancellationToken cancel) =>
        RawConnection.NegotiateAsync(_server.Address, Tokens.For("alice"), cancel);

    private async Task<RawConnection> OpenPollsAsync(CancellationToken cancel)
    {
        var connection = await NegotiateAsync(cancel);
        Assert.That(await connection.PollAsync(_server.Address, cancel), Is.EqualTo((200, "")));
        Assert.That(await connection.PostAsync(_server.Address, RawConnection.Handshake, cancel), Is.EqualTo((200, "")));
        Assert.That(await connection.PollAsync(_server.Address, cancel), Is.EqualTo((200, RawConnection.Agreed)));
        return connection;
    }

    private Task GoneAsync(RawConnection connection, CancellationToken cancel) =>
        Eventually.True("the connection is gone", async () => (await connection.PollAsync(_server.Address, cancel)).Status == 404, cancel);
}
