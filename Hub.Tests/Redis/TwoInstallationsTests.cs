using Realtime.Server.Backplane.Redis;
using Realtime.Server.Notifications;
using Realtime.Server.Redis.Data;
using Realtime.Tests.Log;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>
/// Nodes trust announcements only from nodes of the same installation. Any other makes them check the log, and they deliver nothing for it.
/// </summary>
[CancelAfter(60_000)]
internal sealed class TwoInstallationsTests
{
    // A node learns of new notifications through announcements only.
    private static readonly BackplaneLimits OnlyAnnouncements = new() { Beacon = null, Comparison = null };

    private IRedisServer _redis = null!;
    private Topic _topic;

    [OneTimeSetUp]
    public async Task StartAsync() => _redis = await RedisServers.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _redis.DisposeAsync();

    [SetUp]
    public void NewTopic() => _topic = Topic.User(Guid.NewGuid().ToString());

    private string Channel => $"hub:news:{{{_topic.Text}}}";

    [TestCase(1, 2)]
    [TestCase(0, 3)]
    public async Task Two_databases_of_one_Redis_do_not_meet(int first, int second)
    {
        await using var one = await RedisNode.StartAndListenAsync($"{_redis.ConnectionString},defaultDatabase={first}");
        await using var two = await RedisNode.StartAndListenAsync($"{_redis.ConnectionString},defaultDatabase={second}");
        var (here, there) = (one.Read(_topic), two.Read(_topic));
        await here.BeginsAsync();
        await there.BeginsAsync();
        for (var i = 1; i <= 5; i++) await one.Log.StoreAsync(Drafts.Of($"one {i}", _topic));
        await here.GetsAsync("one 1", "one 2", "one 3", "one 4", "one 5");
        for (var i = 1; i <= 7; i++) await two.Log.StoreAsync(Drafts.Of($"two {i}", _topic));
        await one.Log.StoreAsync(Drafts.Of("one 6", _topic));
        await here.GetsAsync("one 1", "one 2", "one 3", "one 4", "one 5", "one 6");
        await there.GetsAsync("two 1", "two 2", "two 3", "two 4", "two 5", "two 6", "two 7");
        Assert.That(one.Messages.Concat(two.Messages), Has.None.Contain("was not an announcement"), "not even the channels are the same");
    }

    [TestCase(0)]
    [TestCase(3)]
    public async Task A_frame_without_the_secret_delivers_nothing_and_costs_a_look_at_the_head(int stored)
    {
        await using var node = await RedisNode.StartAndListenAsync(_redis.ConnectionString, OnlyAnnouncements);
        for (var i = 0; i < stored; i++) await node.Log.StoreAsync(Drafts.Of("before", _topic));
        var reader = node.Read(_topic);
        await reader.BeginsAsync();
        var head = stored == 0 ? "0" : (await _redis.AskAsync("GET", $"hub:head:{{{_topic.Text}}}"))[0].Split('-')[0];
        await _redis.AskAsync("CONFIG", "RESETSTAT");
        string[] forged =
        [
            $"{long.Parse(head, null) + 5}-{stored + 1} {head} \"id\":\"forged\",\"orderId\":\"forged\"}}",
                $"{head}-1 0 {new string('x', 22)} \"id\":\"forged\",\"orderId\":\"forged\"}}",
        ];
        for (var i = 0; i < 50; i++)
        {
            foreach (var frame in forged) await _redis.AskAsync("PUBLISH", Channel, frame);
        }
        await Eventually.True("a forged frame has made the node look", async () => await _redis.CallsOfAsync("get") > 0);
        // A hundred frames may cause one read, by the check that found a head new to this node (two scripts if Redis did not have it).
        Assert.That(await ScriptsAsync(), Is.LessThanOrEqualTo(2), "the log is not read for forged frames");
        await node.Log.StoreAsync(Drafts.Of("true", _topic));
        await reader.GetsAsync("true");
        Assert.That(await _redis.CallsOfAsync("get"), Is.LessThanOrEqualTo((2 * 50) + 2));
        // One script to store, and one more read: a check in progress sees the new head before it is announced.
        Assert.That(await ScriptsAsync(), Is.LessThanOrEqualTo(5));
    }

    [Test]
    public async Task A_node_of_the_first_version_is_listened_to_by_way_of_the_log()
    {
        await using var node = await RedisNode.StartAndListenAsync(_redis.ConnectionString, OnlyAnnouncements);
        var reader = node.Read(_topic);
        await reader.BeginsAsync();
        var old = RedisTalk.Utf8(await File.ReadAllTextAsync(Repository.PathOf("Hub.Tests/Redis/append-of-e4c6052.lua")));
        for (var i = 1; i <= 3; i++)
        {
            await _redis.AskAsync(
                "EVAL", old, "2", $"hub:log:{{{_topic.Text}}}", $"hub:head:{{{_topic.Text}}}", Drafts.TextOf(Drafts.Of($"{i}", _topic)),
                Channel, "100", "100000000", "1");
        }
        await reader.GetsAsync("1", "2", "3");
    }

    [Test]
    public async Task What_carries_the_secret_is_believed_without_a_look_at_Redis()
    {
        await using var node = await RedisNode.StartAndListenAsync(_redis.ConnectionString, OnlyAnnouncements);
        await using var other = await RedisNode.StartAndListenAsync(_redis.ConnectionString, OnlyAnnouncements);
        var reader = node.Read(_topic);
        await reader.BeginsAsync();
        await _redis.AskAsync("CONFIG", "RESETSTAT");
        for (var i = 1; i <= 20; i++) await other.Log.StoreAsync(Drafts.Of($"{i}", _topic));
        await reader.GetsAsync([.. Enumerable.Range(1, 20).Select(i => $"{i}")]);
        Assert.That(await ScriptsAsync(), Is.LessThanOrEqualTo(22), "20 appends, and a script that was not known");
        Assert.That(AnnouncementFrame.Carries("1-1 0 secret \"id\""u8, "secret"u8));
        Assert.That(AnnouncementFrame.Carries("1-1 0 secreT \"id\""u8, "secret"u8), Is.False);
        Assert.That(AnnouncementFrame.Carries("1-1 0 \"id\":\"secret \""u8, "secret"u8), Is.False);
        Assert.That(AnnouncementFrame.Carries("1-1 0  \"id\""u8, []), Is.False);
    }

    private async Task<int> ScriptsAsync() => await _redis.CallsOfAsync("evalsha") + await _redis.CallsOfAsync("eval");
}
