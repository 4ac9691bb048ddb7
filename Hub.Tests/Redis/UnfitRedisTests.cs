using System.Diagnostics;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>
/// A node does not use a Redis that cannot store the log, and logs what to do; it uses that Redis as soon as the problem is fixed.
/// </summary>
[CancelAfter(60_000)]
[Parallelizable(ParallelScope.Children)]
internal sealed class UnfitRedisTests
{
    [Test]
    public async Task One_that_refuses_EVAL()
    {
        await using var redis = await RedisServers.StartAsync();
        await redis.AskAsync("ACL", "SETUSER", "hub", "on", ">sekrit", "~*", "&*", "+@all", "-eval");
        await using var node = await IsNotUsedAsync(redis.ConnectionString
            + ",user=hub,password=sekrit", "refuses EVAL", "ACL SETUSER … +eval");
        await redis.AskAsync("ACL", "SETUSER", "hub", "+eval");
        await IsUsedAsync(node);
    }

    [Test]
    public async Task One_without_streams()
    {
        await using var redis = await RedisServers.StartAsync("--rename-command", "XADD", "");
        await using (await IsNotUsedAsync(redis.ConnectionString, "has no streams", "use Redis or Valkey")) { }
    }

    [Test, Category("Campaign"), CancelAfter(300_000)]
    public async Task Garnet_which_has_no_streams()
    {
        Requires.Campaigns();
        var folder = Directory.CreateTempSubdirectory("hub-garnet-");
        try
        {
            using var install = ChildProcess.Start(
                new ProcessStartInfo(DotNetHost.Path, ["tool", "install", "garnet-server", "--tool-path", folder.FullName]));
            Assert.That(await install.ExitAsync(TimeSpan.FromMinutes(3)), Is.Zero, install.Output);
            var port = FreePort.Next();
            using var garnet = ChildProcess.Start(new ProcessStartInfo(
                Path.Combine(folder.FullName, "garnet-server"), ["--port", $"{port}", "--bind", "127.0.0.1", "--lua"]));
            await using (await IsNotUsedAsync($"127.0.0.1:{port}", "has no streams", "use Redis or Valkey")) { }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public async Task One_that_does_not_take_the_password()
    {
        await using var redis = await RedisServers.StartAsync("--requirepass", "another");
        await using var node = await IsNotUsedAsync(redis.ConnectionString
            + ",password=sekrit", "the log-in failed", "WRONGPASS", "Correct user and password");
    }

    [Test]
    public async Task One_that_is_not_there()
    {
        await using var node = await IsNotUsedAsync($"127.0.0.1:{FreePort.Next()}", "no server answers there");
    }

    [Test]
    public async Task One_that_loads_its_data()
    {
        await using var redis = await RedisServers.StartAsync();
        await redis.AskAsync("DEBUG", "POPULATE", "2000", "filler", "100");
        await redis.AskAsync("BGREWRITEAOF");
        await Eventually.True("the file is rewritten", async () =>
            (await redis.AskAsync("INFO", "persistence"))[0].Contains("aof_rewrite_in_progress:0", StringComparison.Ordinal));
        await redis.KillAsync();
        // Microseconds for each key: it loads for 8 s, in which a node must have started, and responds to commands during that time.
        await redis.LaunchAsync("--key-load-delay", "4000", "--loading-process-events-interval-bytes", "1024");
        await using var node = await IsNotUsedAsync(redis.ConnectionString, "is loading its data");
        await IsUsedAsync(node);
    }

    [Test]
    public async Task One_in_cluster_mode_whose_slots_are_not_assigned()
    {
        await using var redis = await RedisServers.StartAsync(
            RedisHost.Process, "--cluster-enabled", "yes", "--cluster-port", $"{FreePort.Next()}");
        await using var node = await IsNotUsedAsync(
            redis.ConnectionString, "in cluster mode and 0 of 16384 slots", "set cluster-enabled to no where a single server is meant");
        await redis.AskAsync("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
        await IsUsedAsync(node);
    }

    [Test]
    public async Task A_replica_without_its_master()
    {
        await using var master = await RedisServers.StartAsync(RedisHost.Process);
        await using var replica = await RedisServers.StartAsync(RedisHost.Process, "--replicaof", "127.0.0.1", $"{master.Port}");
        await using var node = await IsNotUsedAsync(
            replica.ConnectionString, "is a replica, which takes no notifications", "name its master");
        await replica.AskAsync("REPLICAOF", "NO", "ONE");
        await IsUsedAsync(node);
    }

    [Test]
    public async Task Two_masters_that_know_nothing_of_each_other()
    {
        await using var one = await RedisServers.StartAsync();
        await using var two = await RedisServers.StartAsync();
        await using var node = await IsNotUsedAsync($"{one.ConnectionString},{two.ConnectionString}", "masters independent of each other");
    }

    [Test]
    public async Task A_Sentinel_whose_master_is_not_named()
    {
        await using var master = await RedisServers.StartAsync(RedisHost.Process);
        using var sentinel = await RedisSentinel.StartAsync("orders", master);
        await using (await IsNotUsedAsync(sentinel.Server, "is a Sentinel", "add serviceName=")) { }
        await using (await IsNotUsedAsync(sentinel.Server
            + ",serviceName=another", "no Sentinel leads to a running master called another")) { }
    }

    private static async Task<RedisNode> IsNotUsedAsync(string connectionString, params string[] why)
    {
        var node = await RedisNode.StartAsync(connectionString);
        await Eventually.True($"it says {string.Join(" … ", why)}",
            () => node.Messages.Any(message => why.All(part => message.Contains(part, StringComparison.Ordinal))));
        node.State.Started();
        Assert.That(node.State.IsReady, Is.False);
        Assert.That(node.Messages, Has.None.Contain("sekrit"));
        return node;
    }

    private static Task IsUsedAsync(RedisNode node) => Eventually.True("it is used", () => node.State.IsReady);
}
