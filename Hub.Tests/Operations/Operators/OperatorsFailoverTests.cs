using Microsoft.AspNetCore.Http.Connections;
using Realtime.Tests.Delivery;
using Realtime.Tests.Redis;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations.Operators;

/// <summary>Operators of two nodes hear each other again after Redis's master was replaced by another server.</summary>
[CancelAfter(120_000), Parallelizable(ParallelScope.Children), FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class OperatorsFailoverTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    [Test]
    public async Task By_Sentinel(CancellationToken cancel)
    {
        await using var one = await RedisServers.StartAsync(RedisHost.Process);
        await using var two = await ReplicaOfAsync(one);
        using var sentinel = await RedisSentinel.StartAsync("orders", one);
        await sentinel.KnowsReplicaAsync(two);
        await HearEachOtherAsync(one, $"{sentinel.Server},serviceName=orders", async () =>
        {
            await one.KillAsync();
            await Eventually.True("the replica was promoted", async () => (await two.AskAsync("ROLE"))[0] == "master", Patience, cancel);
            // It takes writes, and nobody is to use it any more.
            await one.StartAgainAsync();
        }, cancel);
    }

    [Test]
    public async Task By_hand_to_the_server_that_the_address_means_now(CancellationToken cancel)
    {
        await using var one = await RedisServers.StartAsync(RedisHost.Process);
        await using var two = await ReplicaOfAsync(one);
        await using var address = new TcpProxy(one.Port);
        await HearEachOtherAsync(one, $"127.0.0.1:{address.Port}", async () =>
        {
            await two.AskAsync("REPLICAOF", "NO", "ONE");
            await one.AskAsync("REPLICAOF", "127.0.0.1", $"{two.Port}");
            // Connections to the old master stay as they are.
            address.Target = two.Port;
            await one.AskAsync("REPLICAOF", "127.0.0.1", "1");
        }, cancel);
    }

    private static async Task<IRedisServer> ReplicaOfAsync(IRedisServer master)
    {
        var replica = await RedisServers.StartAsync(RedisHost.Process, "--replicaof", "127.0.0.1", $"{master.Port}");
        await Eventually.True("the replica is in step", async () => (await replica.AskAsync("ROLE"))[3] == "connected", Patience);
        return replica;
    }

    private static async Task HearEachOtherAsync(
        IRedisServer redis, string connectionString, Func<Task> replaceMaster, CancellationToken cancel)
    {
        var settings = new Dictionary<string, string> { ["ConnectionStrings:Redis"] = connectionString };
        await using var here = await Node.StartAsync(redis, settings, cancel: cancel);
        await using var there = await Node.StartAsync(redis, settings, cancel: cancel);
        await using var near = await OperatorClient.ConnectAsync(here.Address, HttpTransportType.WebSockets, cancel);
        await using var far = await OperatorClient.ConnectAsync(there.Address, HttpTransportType.WebSockets, cancel);
        foreach (var one in (OperatorClient[])[near, far]) await one.SeesAsync(2, cancel);

        await replaceMaster();
        foreach (var node in (Node[])[here, there])
        {
            await Eventually.True("the new master is used", async () =>
            {
                using var answer = await node.Server.TryPublishAsync(new { everyone = true }, "after", cancel);
                return node.Server.Output.Contains("is used from now on", StringComparison.Ordinal) && (int)answer.StatusCode == 202;
            }, Patience, cancel);
        }
        foreach (var one in (OperatorClient[])[near, far]) one.Forget();
        foreach (var one in (OperatorClient[])[near, far]) await one.SeesAsync(2, cancel);
        await Eventually.True("an announcement arrives at the other node", async () =>
        {
            await near.AnnounceAsync("here we are", cancel);
            return far.Announcements.Count > 0;
        }, Patience, cancel);
    }
}
