using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Tests.Log;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>A node whose connection string names a Sentinel follows the master from server to server.</summary>
[CancelAfter(120_000)]
internal sealed class SentinelTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
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
            "the new master is used", async () => await IsStoredAsync(node, Drafts.Keyed("after", "4", _topic)), Patience);
        Assert.That(await LengthAsync(second), Is.EqualTo("4"));
        var page = await node.Log.ReadAsync(_topic, null, new PageLimit(100, 100_000), CancellationToken.None);
        Assert.That(page.Items.Select(item => item.Position.Sequence), Is.EqualTo([1, 2, 3, 4]));
    }

    [Test]
    public async Task Of_Sentinels_that_disagree_the_one_counts_that_knows_of_the_latest_failover()
    {
        await using var first = await RedisServers.StartAsync(RedisHost.Process);
        await using var second = await RedisServers.StartAsync(RedisHost.Process, "--replicaof", "127.0.0.1", $"{first.Port}");
        // A Sentinel that was cut off from the others still names another server.
        await using var another = await RedisServers.StartAsync(RedisHost.Process);
        using var cutOff = await RedisSentinel.StartAsync("orders", another);
        using var sentinel = await RedisSentinel.StartAsync("orders", first);
        await sentinel.KnowsReplicaAsync(second);
        await first.KillAsync();
        await sentinel.NamesAsync(second);

        await using var node = await RedisNode.StartAsync($"{cutOff.Server},{sentinel.Server},serviceName=orders");
        await Eventually.Ends("Redis is reached", node.Connection.Reached, Patience);
        await Eventually.True("it is stored", () => IsStoredAsync(node, Drafts.Keyed("one", "1", _topic)), Patience);
        Assert.That(await LengthAsync(second), Is.EqualTo("1"));
        Assert.That(await LengthAsync(another), Is.EqualTo("0"));
    }

    [Test]
    public async Task While_no_Sentinel_answers_the_master_stays_in_use_and_a_node_that_starts_waits()
    {
        await using var master = await RedisServers.StartAsync(RedisHost.Process);
        string server;
        RedisNode node;
        using (var sentinel = await RedisSentinel.StartAsync("orders", master))
        {
            server = $"{sentinel.Server},serviceName=orders";
            node = await RedisNode.StartAsync(server);
            await Eventually.Ends("Redis is reached", node.Connection.Reached);
        }
        await using (node)
        {
            await using var newcomer = await RedisNode.StartAsync(server);
            await Eventually.True("it says what it waits for", () => newcomer.HasSaid("no Sentinel leads to a running master called orders"));
            Assert.That((await node.Log.StoreAsync(Drafts.Of("1", _topic))).Sequences, Is.EqualTo([1L]));
            Assert.That(newcomer.Connection.Reached.IsCompleted, Is.False);
        }
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
