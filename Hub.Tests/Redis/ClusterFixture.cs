using Realtime.Tests.Support;
using StackExchange.Redis;

namespace Realtime.Tests.Redis;

/// <summary>Two nodes on a Redis Cluster, one for all tests of a fixture.</summary>
internal abstract class ClusterFixture
{
    protected RedisCluster Cluster { get; private set; } = null!;

    protected ConnectionMultiplexer Admin { get; private set; } = null!;

    protected RedisNode One { get; private set; } = null!;

    protected RedisNode Two { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Cluster = await RedisCluster.StartAsync();
        Admin = await ConnectionMultiplexer.ConnectAsync(Cluster.ConnectionString);
        One = await RedisNode.StartAndListenAsync(Cluster.ConnectionString);
        Two = await RedisNode.StartAndListenAsync(Cluster.ConnectionString);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await One.DisposeAsync();
        await Two.DisposeAsync();
        Admin.Dispose();
        await Cluster.DisposeAsync();
    }
}
