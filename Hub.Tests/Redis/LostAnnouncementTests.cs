using Realtime.Server.Backplane.Redis;
using Realtime.Server.Notifications;
using Realtime.Tests.Log;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>Connections for announcements that break, or that look healthy and carry no data.</summary>
[CancelAfter(90_000)]
internal sealed class LostAnnouncementTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);
    private static readonly BackplaneLimits Nothing = new() { Beacon = null, Comparison = null };

    private IRedisServer _redis = null!;
    private TcpProxy _proxy = null!;

    [OneTimeSetUp]
    public async Task StartRedisAsync() => _redis = await RedisServers.StartAsync();

    [OneTimeTearDown]
    public async Task StopRedisAsync() => await _redis.DisposeAsync();

    [SetUp]
    public void StartProxy() => _proxy = new(_redis.Port) { MarkedBy = "SUBSCRIBE" };

    [TearDown]
    public async Task StopProxyAsync() => await _proxy.DisposeAsync();

    [Test]
    public async Task A_deaf_link_is_replaced_because_the_beacon_does_not_come_back()
    {
        await using var node = await DeafenedAsync(Nothing with { Beacon = Soon });
        await Eventually.True("the deaf link is found", () => node.HasSaid("looks healthy and carries nothing"));
        _proxy.SwallowMarked = false;
        await Reader.GetsAsync("1", "2");
    }

    [Test]
    public async Task What_a_deaf_link_lost_is_found_by_comparing_heads()
    {
        await using var node = await DeafenedAsync(Nothing with { Comparison = Soon });
        await Reader.GetsAsync("1", "2");
        Assert.That(node.HasSaid("looks healthy"), Is.False);
    }

    [Test]
    public async Task Without_beacon_and_comparison_a_deaf_link_leaves_readers_stuck()
    {
        await using var node = await DeafenedAsync(Nothing);
        // Longer than either of them would have needed. Without this control the two tests above would prove nothing.
        await Task.Delay(Soon * 5, TimeProvider.System);
        Assert.That(Reader.Items, Is.EqualTo(["1"]));
    }

    [Test]
    public async Task Links_that_are_killed_again_and_again_lose_nothing()
    {
        await using var node = await RedisNode.StartAndListenAsync(_redis.ConnectionString);
        var topic = Topic.User(Guid.NewGuid().ToString());
        var reader = node.Read(topic);
        await reader.BeginsAsync();
        for (var i = 1; i <= 400; i++)
        {
            // The first 50 of each hundred are announced; then the link is killed, and the other 50 come while there is none.
            if (i % 100 == 1) await Eventually.True("a link stands", () => CountOf(node, "Listening to announcements") > i / 100);
            await node.Log.StoreAsync(Drafts.Of($"{i}", topic));
            if (i % 100 == 50) await _redis.AskAsync("CLIENT", "KILL", "TYPE", "pubsub");
        }
        await reader.GetsAsync([.. Enumerable.Range(1, 400).Select(i => $"{i}")]);
        await Eventually.True("each kill has hit a link", () => CountOf(node, "Another one is opened") >= 4);
    }

    [Test]
    public async Task Another_notification_under_the_number_and_stamp_of_one_that_was_delivered_is_a_reset()
    {
        await using var node = await RedisNode.StartAndListenAsync(_redis.ConnectionString);
        var topic = Topic.User(Guid.NewGuid().ToString());
        var reader = node.Read(topic);
        await reader.BeginsAsync();
        for (var i = 1; i <= 3; i++) await node.Log.StoreAsync(Drafts.Of($"{i}", topic));
        await reader.GetsAsync("1", "2", "3");

        // As on a promoted replica that lacked the third entry, and whose clock is slow.
        var entries = (await node.Log.ReadAsync(topic, null, new(10, 1 << 20), CancellationToken.None)).Items;
        var (stream, second, third) = ($"hub:log:{{{topic.Text}}}", entries[1].Position, entries[2].Position);
        await _redis.AskAsync("XDEL", stream, $"{third.Stamp}-3");
        await _redis.AskAsync("XSETID", stream, $"{second.Stamp}-2");
        const string other = "\"id\":\"other\",\"type\":\"order.created\",\"orderId\":\"other\",\"time\":\"2026-11-22T09:00:00Z\"}";
        await _redis.AskAsync("XADD", stream, $"{third.Stamp}-3", "p", $"{second.Stamp}", "b", other);
        await _redis.AskAsync("CLIENT", "KILL", "TYPE", "pubsub");
        await reader.GetsAsync("1", "2", "3", "gap 3-1 Reset", "1", "2", "other");
    }

    [Test]
    public async Task Forged_and_broken_announcements_reach_nobody_and_are_named()
    {
        await using var node = await RedisNode.StartAndListenAsync(_redis.ConnectionString);
        var topic = Topic.User(Guid.NewGuid().ToString());
        var reader = node.Read(topic);
        await reader.BeginsAsync();
        await node.Log.StoreAsync(Drafts.Of("1", topic));
        await reader.GetsAsync("1");

        var channel = $"hub:news:{{{topic.Text}}}";
        var head = (await _redis.AskAsync("GET", $"hub:head:{{{topic.Text}}}"))[0];
        var stamp = head.Split('-')[0];
        string[] forged =
        [
            "", " ", "junk", "\"id\":\"x\"}", "1-1 0", $"{stamp}-2 {stamp}", $"{stamp}-2 {stamp} {{}}", $"{stamp}-2 {stamp} \"id\":\"x\"",
                $"{stamp}-2 {stamp} \"id\":\"\n\"}}",
            $"{stamp}-2 {stamp} \"id\":\"x\"}}}}", $"-5-2 {stamp} \"id\":\"x\"}}", $"{stamp}-99999999999999999999 {stamp} \"id\":\"x\"}}",
                new string('9', 100_000), "\0\u00ff\u00fe",
            // Far ahead, well formed: has no effect.
            $"{stamp}-1000000 {stamp} \"id\":\"forged\",\"orderId\":\"forged\"}}",
                $"4398046511103-4398046511103 {stamp} \"id\":\"forged\",\"orderId\":\"forged\"}}",
        ];
        foreach (var text in forged) await _redis.AskAsync("PUBLISH", channel, text);
        await _redis.AskAsync("PUBLISH", channel, "a later one");
        await node.Log.StoreAsync(Drafts.Of("2", topic));
        await node.Log.StoreAsync(Drafts.Of("3", topic));
        await reader.GetsAsync("1", "2", "3");
        Assert.That(node.HasSaid($"A message on {channel} was not an announcement of this server"));
    }

    private static int CountOf(RedisNode node, string text) =>
        node.Messages.Count(message => message.Contains(text, StringComparison.Ordinal));

    private RecordingReader Reader { get; set; } = null!;

    /// <summary>A node whose reader has the first notification, and whose subscription stopped receiving before the second.</summary>
    private async Task<RedisNode> DeafenedAsync(BackplaneLimits limits)
    {
        var node = await RedisNode.StartAndListenAsync($"127.0.0.1:{_proxy.Port}", limits);
        var topic = Topic.User(Guid.NewGuid().ToString());
        Reader = node.Read(topic);
        await Reader.BeginsAsync();
        await node.Log.StoreAsync(Drafts.Of("1", topic));
        await Reader.GetsAsync("1");
        _proxy.SwallowMarked = true;
        await node.Log.StoreAsync(Drafts.Of("2", topic));
        return node;
    }
}
