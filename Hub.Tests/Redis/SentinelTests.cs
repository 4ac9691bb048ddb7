using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Tests.Log;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>A node whose connection string names a Sentinel follows the master from server to server.</summary>
[CancelAfter(120_000)]
internal sealed class SentinelTests
{
    private readonly Topic _topic = Topic.User("of two masters");

    [Test]
    public async Task After_a_failover_the_new_master_is_appended_to_and_read()
    {
        await using var first = await RedisServers.StartAsync(RedisHost.Process);
        await using var second = await RedisServers.StartAsync(RedisHost.Process, "--replicaof", "127.0.0.1", $"{first.Port}");
        using var sentinel = await RedisSentinel.StartAsync("orders", first);
        await sentinel.KnowsReplicaAsync(second);
        await using var node = await RedisNode.StartAsync($"{sentinel.Server},serviceName=orders");
        await Eventually.Ends("Redis is reached", node.Connection.Reached);
        for (var i = 1; i <= 3; i++) Assert.That((await node.Log.StoreAsync(Drafts.Of($"{i}", _topic))).Sequences, Is.EqualTo([i]));
        await Eventually.True("the replica has them", async () => await LengthAsync(second) == "3");

        await first.KillAsync();
        await Eventually.True(
            "the new master is used", async () => await IsStoredAsync(node, Drafts.Keyed("after", "4", _topic)), TimeSpan.FromSeconds(60));
        Assert.That(await LengthAsync(second), Is.EqualTo("4"));
        var page = await node.Log.ReadAsync(_topic, null, new PageLimit(100, 100_000), CancellationToken.None);
        Assert.That(page.Items.Select(item => item.Position.Sequence), Is.EqualTo([1, 2, 3, 4]));
    }

    private async Task<string> LengthAsync(IRedisServer redis) => (await redis.AskAsync("XLEN", $"hub:log:{{{_topic.Text}}}"))[0];

    private static async Task<bool> IsStoredAsync(RedisNode node, Draft draft)
    {
        try
        {
            await node.Log.StoreAsync(draft);
            return true;
        }
        catch (LogUnavailableException)
        {
            return false;
        }
    }
}
