using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Server.Feed;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Server.Redis;
using Realtime.Server.Redis.Data;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Security.Sessions;
using Realtime.Tests.Log;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>
/// A Redis that starts to evict keys while nodes use it: the operator is warned, readers get a gap for each loss, and secrets stay the
/// same.
/// </summary>
[CancelAfter(90_000)]
internal sealed class EvictionTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(200);
    private static readonly PageLimit Everything = new(1_000, int.MaxValue);

    private IRedisServer _redis = null!;
    private Topic _topic;

    [OneTimeSetUp]
    public async Task StartAsync() => _redis = await RedisServers.StartAsync("--appendfsync", "no");

    [OneTimeTearDown]
    public async Task StopAsync() => await _redis.DisposeAsync();

    [SetUp]
    public void NewTopic() => _topic = Topic.User(Guid.NewGuid().ToString());

    [Test]
    public async Task Eviction_that_is_switched_on_and_happens_is_warned_of()
    {
        await using var redis = await RedisServers.StartAsync("--appendonly", "no");
        await using var node = await RedisNode.StartAsync(redis.ConnectionString, watch: Soon);
        await Eventually.Ends("Redis is reached", node.Connection.Reached);
        await redis.AskAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
        await Eventually.True(
            "the policy is named", () => node.HasSaid("has maxmemory-policy allkeys-lru. As soon as it gets a maxmemory"));
        await redis.AskAsync("CONFIG", "SET", "maxmemory", "3mb");
        await Eventually.True(
            "the danger is named", () => node.HasSaid("evicts keys when its memory is full (maxmemory-policy allkeys-lru)"));
        // From now on the node sees only the counters.
        await redis.AskAsync("DEBUG", "POPULATE", "5000", "filler", "1000");
        await redis.AskAsync("SET", "one more", "x");
        await Eventually.True("the loss is named", () => node.HasSaid("has evicted "));
        foreach (var warning in (string[])["evicts keys when", "has appendonly no"])
            Assert.That(node.Messages.Count(message => message.Contains(warning, StringComparison.Ordinal)), Is.EqualTo(1), warning);
    }

    [Test]
    public async Task The_normal_watch_is_well_within_a_minute() =>
        await Task.Run(() => Assert.That(RedisLimits.Watch, Is.LessThan(TimeSpan.FromSeconds(30))));

    [TestCase(true, false, null)]
    [TestCase(false, true, GapReason.Reset)]
    [TestCase(true, true, GapReason.Reset)]
    public async Task A_reader_is_told_of_notifications_that_were_evicted(bool head, bool stream, GapReason? expected)
    {
        await using var node = await RedisNode.StartAsync(_redis.ConnectionString);
        await Eventually.Ends("Redis is reached", node.Connection.Reached);
        for (var i = 0; i < 5; i++) await node.Log.StoreAsync(Drafts.Of($"{i}", _topic));
        var third = (await node.Log.ReadAsync(_topic, null, Everything, CancellationToken.None)).Items[2].Position;
        if (head) await _redis.AskAsync("DEL", $"hub:head:{{{_topic.Text}}}");
        if (stream) await _redis.AskAsync("DEL", $"hub:log:{{{_topic.Text}}}");
        foreach (var grown in new[] { 0, 1, 6 })
        {
            for (var i = 0; i < grown; i++) await node.Log.StoreAsync(Drafts.Of("later", _topic));
            Assert.That(
                (await node.Log.ReadAsync(_topic, third, Everything, CancellationToken.None)).Gap, Is.EqualTo(expected), $"{grown} later");
            if (stream && !head)
                Assert.That((await node.Log.ReadAsync(_topic, Position.Start, Everything, CancellationToken.None)).Gap,
                    Is.EqualTo(GapReason.Reset));
        }
    }

    [Test]
    public async Task A_live_reader_is_told_when_its_topic_was_evicted()
    {
        await using var node = await RedisNode.StartAndListenAsync(_redis.ConnectionString);
        var reader = node.Read(_topic);
        await reader.BeginsAsync();
        await node.Log.StoreAsync(Drafts.Of("1", _topic));
        await node.Log.StoreAsync(Drafts.Of("2", _topic));
        await reader.GetsAsync("1", "2");
        await _redis.AskAsync("DEL", $"hub:log:{{{_topic.Text}}}", $"hub:head:{{{_topic.Text}}}");
        await node.Log.StoreAsync(Drafts.Of("again 1", _topic));
        await reader.GetsAsync("1", "2", "gap 2-1 Reset", "again 1");
    }

    [Test]
    public async Task Living_nodes_put_back_secrets_that_are_gone_and_a_new_node_finds_them()
    {
        await using var one = await RedisNode.StartAsync(_redis.ConnectionString, watch: Soon);
        await using var two = await RedisNode.StartAsync(_redis.ConnectionString, watch: Soon);
        await Eventually.Ends("Redis is reached", Task.WhenAll(one.Connection.Reached, two.Connection.Reached));
        var signing = await SharedSecret.ReadOrMakeAsync(one.Connection, DefaultNames.Keys.SigningKey);
        Assert.That(await SharedSecret.ReadOrMakeAsync(two.Connection, DefaultNames.Keys.SigningKey), Is.EqualTo(signing));
        var news = one.Connection.Secret;
        var nodes = new NodeScript(one.Connection);
        var key = (await nodes.RunAsync("0123456789abcdef", new Uri("http://127.0.0.1:1"))).List.Key;
        var ring = new SessionKeyRing(new SessionKeysInRedis(one.Connection), TimeProvider.System, NullLogger<SessionKeyRing>.Instance);
        var session = (await ring.FindAsync(null, CancellationToken.None))!;
        var cookie = session.Encrypt([1, 2, 3]);

        var keys = DefaultNames.Keys;
        string[] secrets = [keys.SigningKey, keys.AnnouncementSecret, keys.NodesKey, keys.SessionKeys];
        await _redis.AskAsync(["DEL", .. secrets]);
        foreach (var secret in secrets)
            await Eventually.True($"{secret} is put back", () => one.HasSaid($"{secret} was gone from Redis")
                || two.HasSaid($"{secret} was gone from Redis"));

        await using var later = await RedisNode.StartAsync(_redis.ConnectionString);
        await Eventually.Ends("Redis is reached", later.Connection.Reached);
        Assert.That(later.Connection.Secret, Is.EqualTo(news));
        Assert.That(await SharedSecret.ReadOrMakeAsync(later.Connection, DefaultNames.Keys.SigningKey), Is.EqualTo(signing));
        Assert.That(
            (await nodes.RunAsync("0123456789abcdef", new Uri("http://127.0.0.1:1"))).List.Key.ToArray(), Is.EqualTo(key.ToArray()));
        var found = await new SessionKeyRing(
            new SessionKeysInRedis(later.Connection), TimeProvider.System, NullLogger<SessionKeyRing>.Instance)
            .FindAsync(SessionKeys.IdIn(cookie), CancellationToken.None);
        Assert.That(found!.Decrypt(cookie), Is.EqualTo([1, 2, 3]));
    }

    [Test]
    public async Task A_secret_that_another_one_took_the_place_of_is_named_and_announcements_go_on()
    {
        await using var one = await RedisNode.StartAndListenAsync(_redis.ConnectionString);
        await using var two = await RedisNode.StartAsync(_redis.ConnectionString, watch: Soon);
        await Eventually.Ends("Redis is reached", two.Connection.Reached);
        var other = Convert.ToBase64String([.. Enumerable.Range(0, 48).Select(i => (byte)i)]);
        await _redis.AskAsync("SET", DefaultNames.Keys.AnnouncementSecret, other);
        await Eventually.True("the new one is used",
            () => two.HasSaid($"{DefaultNames.Keys.AnnouncementSecret} in Redis holds another value"));
        Assert.That(System.Text.Encoding.ASCII.GetString(two.Connection.Secret), Is.EqualTo(other[..AnnouncementFrame.SecretLength]));
        var reader = one.Read(_topic, new StartAt.Earliest());
        await reader.BeginsAsync();
        await two.Log.StoreAsync(Drafts.Of("1", _topic));
        await reader.GetsAsync("1");
    }
}
