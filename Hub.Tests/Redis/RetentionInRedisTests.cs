using System.Globalization;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Tests.Log;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>
/// Entries that readers no longer get must not stay in Redis for good, and entries that they do get must not expire early.
/// </summary>
[CancelAfter(60_000)]
internal sealed class RetentionInRedisTests
{
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(2);

    private readonly Topic _topic = Topic.User("of a short memory");
    private IRedisServer _redis = null!;

    private string Stream => $"hub:log:{{{_topic.Text}}}";

    [OneTimeSetUp]
    public async Task StartAsync() => _redis = await RedisServers.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _redis.DisposeAsync();

    [Test]
    public async Task The_next_append_takes_away_what_is_too_old()
    {
        await using var node = await RedisNode.StartAsync(_redis.ConnectionString, retention: new RetentionOptions { Age = Age });
        await node.Connection.Reached;
        await node.Log.StoreAsync(Drafts.Of("old", _topic));
        // One more after half of the time keeps the stream alive beyond the old one's end.
        await Eventually.True("half of the time is over", async () => await LeftAsync() < Age.TotalMilliseconds / 2);
        await node.Log.StoreAsync(Drafts.Of("younger", _topic));
        await Eventually.True("the old one's time is over", async () => await LeftAsync() < Age.TotalMilliseconds / 2);
        await node.Log.StoreAsync(Drafts.Of("new", _topic));
        var kept = string.Join('\n', await _redis.AskAsync("XRANGE", Stream, "-", "+"));
        Assert.That(kept, Does.Contain("\"new\"").And.Not.Contain("\"old\""));
    }

    [Test]
    public async Task A_stream_lives_at_least_as_long_as_its_newest_notification()
    {
        await using var node = await RedisNode.StartAsync(_redis.ConnectionString);
        await node.Connection.Reached;
        // Of these only the first sets the stream's end.
        for (var i = 0; i < 50; i++) await node.Log.StoreAsync(Drafts.Of($"{i}", _topic));
        Assert.That(await LeftAsync(), Is.GreaterThanOrEqualTo((long)new RetentionOptions().Age.TotalMilliseconds));
    }

    private async Task<long> LeftAsync() => long.Parse((await _redis.AskAsync("PTTL", Stream))[0], CultureInfo.InvariantCulture);
}
