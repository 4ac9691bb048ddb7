using Realtime.Server.Notifications;
using Realtime.Server.Security.Sessions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>The revocations that nodes announce to each other. The clock stands still, so no node finds one by polling.</summary>
[CancelAfter(60_000)]
internal sealed class ClusterRevocationsTests : RedisNodeFixture
{
    private readonly ManualTime _time = new();

    [Test]
    public async Task A_message_alone_closes_what_is_open_on_another_node(CancellationToken cancel)
    {
        var (ended, open, shared) = Start();
        await shared.StartAsync(cancel);
        var closed = new TaskCompletionSource();
        using var entry = open.Add(
            new("alice", [Topic.User("alice")], Expiry, IsPublisher: false, IsAdmin: false, Session), closed.SetResult,
            refresh: _ => Task.FromResult(true));
        await Eventually.True("the node listens", () => Node.Connection.AskAsync(
            DefaultNames.Keys.EndedSession(Session),
            async database => await database.PublishAsync(Node.Connection.Channels.SessionEnds, "nothing of ours") > 0), cancel);
        Assert.That(await Start().Shared.AnnounceAsync(Session, Expiry));
        await Eventually.Ends("it is closed", closed.Task, TimeSpan.FromSeconds(30), cancel);
        Assert.That(ended.Contains(Session, Expiry));
        await shared.StopAsync(cancel);
    }

    [Test]
    public async Task The_key_is_asked_for_once_in_a_while_and_for_every_session()
    {
        var (ended, _, shared) = Start();
        var (here, another) = (Guid.NewGuid().ToString("N"), Guid.NewGuid().ToString("N"));
        Assert.That(await shared.WasEndedAsync(here, Expiry), Is.False);
        foreach (var session in new[] { here, another }) await Start().Shared.AnnounceAsync(session, Expiry);
        Assert.That(await shared.WasEndedAsync(here, Expiry), Is.False, "the answer of before still counts");
        Assert.That(await shared.WasEndedAsync(another, Expiry), Is.True);
        _time.Advance(ClusterRevocations.MaxAge);
        Assert.That(await shared.WasEndedAsync(here, Expiry), Is.True);
        Assert.That(ended.Contains(here, Expiry) && ended.Contains(another, Expiry), "neither has to be asked for again");
    }

    [Test]
    public async Task What_could_not_be_told_is_told_when_Redis_is_there(CancellationToken cancel)
    {
        await using var redis = await RedisServers.StartAsync();
        await using var node = await RedisNode.StartAsync(redis.ConnectionString);
        await node.Connection.Reached;
        var ended = new RevokedSessions(_time);
        using var shared = new ClusterRevocations(node.Connection, ended, new(ended), _time);
        await redis.KillAsync();
        Assert.That(await shared.AnnounceAsync(Session, Expiry), Is.False);
        await redis.StartAgainAsync();
        await shared.StartAsync(cancel);
        await Eventually.True("it is told", () =>
        {
            _time.Advance(ClusterRevocations.MaxAge);
            return shared.Unannounced == 0;
        }, TimeSpan.FromSeconds(30), cancel);
        var key = DefaultNames.Keys.EndedSession(Session);
        Assert.That(await node.Connection.AskAsync(key, database => database.KeyExistsAsync(key)));
        await shared.StopAsync(cancel);
    }

    [Test]
    public async Task While_Redis_is_away_a_cookie_counts_and_an_ending_is_not_called_told()
    {
        await using var away = await RedisNode.StartAsync($"127.0.0.1:{FreePort.Next()}");
        var ended = new RevokedSessions(_time);
        using var shared = new ClusterRevocations(away.Connection, ended, new(ended), _time);
        Assert.That(await shared.WasEndedAsync(Session, Expiry), Is.False);
        Assert.That(await shared.AnnounceAsync(Session, Expiry), Is.False);
        Assert.That(shared.Unannounced, Is.EqualTo(1));
        for (var n = 0; n < ClusterRevocations.MaxUnannounced; n++) await shared.AnnounceAsync(Guid.NewGuid().ToString("N"), Expiry);
        Assert.That(shared.Unannounced, Is.EqualTo(ClusterRevocations.MaxUnannounced));
    }

    private string Session { get; } = Guid.NewGuid().ToString("N");

    private DateTimeOffset Expiry => _time.GetUtcNow().AddHours(1);

    private (RevokedSessions Ended, SessionConnections Open, ClusterRevocations Shared) Start()
    {
        var ended = new RevokedSessions(_time);
        var open = new SessionConnections(ended);
        return (ended, open, new ClusterRevocations(Node.Connection, ended, open, _time));
    }
}
