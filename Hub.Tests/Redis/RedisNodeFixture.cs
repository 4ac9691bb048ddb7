using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>One Redis, and one node's parts on it, for all tests of a fixture.</summary>
internal abstract class RedisNodeFixture
{
    protected IRedisServer Redis { get; private set; } = null!;

    protected RedisNode Node { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Redis = await RedisServers.StartAsync();
        Node = await RedisNode.StartAsync(Redis.ConnectionString);
        await Node.Connection.Reached;
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await Node.DisposeAsync();
        await Redis.DisposeAsync();
    }
}
