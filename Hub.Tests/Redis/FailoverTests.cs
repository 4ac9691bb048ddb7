using System.Net.Sockets;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Tests.Log;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>
/// Several servers that can replace each other: which one a node listens to, and which it switches to when the roles change.
/// </summary>
[CancelAfter(120_000)]
[Parallelizable(ParallelScope.Children)]
internal sealed class FailoverTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    [Test]
    public async Task After_a_failover_by_Sentinel_the_node_listens_at_the_new_master_and_readers_get_everything()
    {
        await using var one = await RedisServers.StartAsync(RedisHost.Process);
        await using var two = await RedisServers.StartAsync(RedisHost.Process, "--replicaof", "127.0.0.1", $"{one.Port}");
        await Eventually.True("the replica is in step", async () => (await two.AskAsync("ROLE"))[3] == "connected");
        using var sentinel = await RedisSentinel.StartAsync("hub", one);
        await sentinel.KnowsReplicaAsync(two);

        await using var node = await RedisNode.StartAndListenAsync($"{sentinel.Server},serviceName=hub");
        Assert.That(await HasListenerAsync(one), "it listens at the master");
        var topic = Topic.User(Guid.NewGuid().ToString());
        var reader = node.Read(topic);
        await reader.BeginsAsync();
        await node.Log.StoreAsync(Drafts.Of("1", topic));
        await reader.GetsAsync("1");

        await one.KillAsync();
        await Eventually.True("the replica was promoted", () => SaysAsync("master", two, "ROLE"), Patience);
        await Eventually.True("it listens at the new master", () => HasListenerAsync(two), Patience);
        await StoreInTheEndAsync(node, Drafts.Keyed("second", "2", topic));
        await reader.GetsAsync("1", "2");
    }

    [Test]
    public async Task A_master_that_becomes_a_replica_is_left_for_the_new_master()
    {
        await using var one = await RedisServers.StartAsync(RedisHost.Process);
        await using var two = await RedisServers.StartAsync(RedisHost.Process, "--replicaof", "127.0.0.1", $"{one.Port}");
        await Eventually.True("the replica is in step", async () => (await two.AskAsync("ROLE"))[3] == "connected");
        await using var node = await RedisNode.StartAndListenAsync(
            $"{one.ConnectionString},{two.ConnectionString},configCheckSeconds=1",
            new() { Beacon = TimeSpan.FromSeconds(1), Comparison = null });
        Assert.That(await HasListenerAsync(one), "it listens at the master");
        await DemoteAsync(one, two);
        await Eventually.True("it listens at the new master", () => HasListenerAsync(two), Patience);
    }

    [Test]
    public async Task A_master_that_refuses_writes_as_a_replica_is_left_for_the_one_that_its_address_means_now()
    {
        await using var one = await RedisServers.StartAsync(RedisHost.Process);
        await using var two = await RedisServers.StartAsync(RedisHost.Process, "--replicaof", "127.0.0.1", $"{one.Port}");
        await Eventually.True("the replica is in step", async () => (await two.AskAsync("ROLE"))[3] == "connected");
        await using var address = new TcpProxy(one.Port);
        await using var node = await RedisNode.StartAndListenAsync($"127.0.0.1:{address.Port}");
        var topic = Topic.User(Guid.NewGuid().ToString());
        var reader = node.Read(topic);
        await reader.BeginsAsync();
        await node.Log.StoreAsync(Drafts.Of("1", topic));

        await DemoteAsync(one, two);
        Assert.That(() => node.Log.StoreAsync(Drafts.Of("refused", topic)), Throws.TypeOf<LogUnavailableException>());
        // Connections to the old master stay as they are.
        address.Target = two.Port;
        await StoreInTheEndAsync(node, Drafts.Keyed("second", "2", topic));
        await reader.GetsAsync("1", "2");
        Assert.That(await two.AskAsync("EXISTS", DefaultNames.Keys.Log(topic)!), Is.EqualTo(["1"]));
        Assert.That(node.HasSaid("takes writes and is used from now on"));
    }

    [Test]
    public async Task A_node_follows_its_master_that_became_a_replica_to_a_master_that_it_was_not_told_of()
    {
        await using var one = await RedisServers.StartAsync(RedisHost.Process);
        await using var two = await RedisServers.StartAsync(RedisHost.Process, "--replicaof", "127.0.0.1", $"{one.Port}");
        await Eventually.True("the replica is in step", async () => (await two.AskAsync("ROLE"))[3] == "connected");
        await using var node = await RedisNode.StartAndListenAsync(one.ConnectionString);
        var topic = Topic.User(Guid.NewGuid().ToString());
        var reader = node.Read(topic);
        await reader.BeginsAsync();
        await node.Log.StoreAsync(Drafts.Of("1", topic));
        await DemoteAsync(one, two);
        await StoreInTheEndAsync(node, Drafts.Keyed("second", "2", topic));
        await reader.GetsAsync("1", "2");
        Assert.That(node.HasSaid("Add it to ConnectionStrings:Redis"));
    }

    private static async Task DemoteAsync(IRedisServer old, IRedisServer master)
    {
        await master.AskAsync("REPLICAOF", "NO", "ONE");
        await old.AskAsync("REPLICAOF", "127.0.0.1", $"{master.Port}");
        await Eventually.True("the old master is a replica", async () => (await old.AskAsync("ROLE"))[0] == "slave");
    }

    private static Task<bool> HasListenerAsync(IRedisServer redis) => SaysAsync("name=realtime-listener", redis, "CLIENT", "LIST");

    /// <summary>Whether it answers so. A Sentinel that promotes a replica cuts everyone's connections to it.</summary>
    private static async Task<bool> SaysAsync(string text, IRedisServer redis, params string[] question)
    {
        try
        {
            return (await redis.AskAsync(question))[0].Contains(text, StringComparison.Ordinal);
        }
        catch (Exception cut) when (cut is IOException or SocketException)
        {
            return false;
        }
    }

    private static Task StoreInTheEndAsync(RedisNode node, Draft draft) => Eventually.True("it is stored", async () =>
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
    }, Patience);
}
