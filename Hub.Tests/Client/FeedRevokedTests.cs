using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>Users whom an operator has disconnected, against the real server: their feeds do not come back.</summary>
[TestFixture(Transport.WebSockets)]
[TestFixture(Transport.ServerSentEvents)]
[TestFixture(Transport.LongPolling)]
[TestFixture(Transport.EventSource)]
internal sealed class FeedRevokedTests(Transport transport) : OneTransportFixture(transport)
{
    [Test]
    public async Task A_feed_ends_when_its_user_is_disconnected(CancellationToken cancel)
    {
        await using var reader = await FeedReader.StartAsync(Only(), cancel);
        await Server.PublishAsync(User, "order 1", cancel);
        Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo([$"user:{User} 1 order 1"]));
        await DisconnectAsync(cancel);
        Assert.That(
            async () => await reader.Loop.WaitAsync(cancel), Throws.TypeOf<OrderFeedRefusedException>().With.Message.Contains("operator"));
        Assert.That(States.Phases, Has.One.EqualTo(FeedPhase.Closed).And.None.EqualTo(FeedPhase.Reconnecting));
        Assert.That(States.Last!.Phase, Is.EqualTo(FeedPhase.Closed));
        Assert.That(Requests.Connections, Is.EqualTo(1));
    }

    [Test]
    public async Task A_user_who_is_disconnected_gets_a_clear_error(CancellationToken cancel)
    {
        await DisconnectAsync(cancel);
        Assert.That(
            async () => await OrderFeed.ConnectAsync(Only(), cancel),
            Throws.TypeOf<OrderFeedRefusedException>().With.Message.Contains("operator"));
        Assert.That(States.Phases, Has.One.EqualTo(FeedPhase.Closed));
        // An event stream says so itself. Other answers leave open whether a newer token is accepted.
        Assert.That(Requests.Statuses, Has.Count.EqualTo(Transport == Transport.EventSource ? 1 : 2));
    }

    private async Task DisconnectAsync(CancellationToken cancel)
    {
        using var request = TestServer.Request(
            HttpMethod.Post, $"/api/admin/disconnect?user={User}", Tokens.For("operator", null, "admin"));
        using var answer = await Server.Http.SendAsync(request, cancel);
        Assert.That((int)answer.StatusCode, Is.EqualTo(202));
    }
}
