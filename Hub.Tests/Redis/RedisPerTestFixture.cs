using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>A new Redis for each test of a fixture.</summary>
internal abstract class RedisPerTestFixture
{
    protected IRedisServer Redis { get; private set; } = null!;

    [SetUp]
    public async Task StartAsync() => Redis = await RedisServers.StartAsync();

    [TearDown]
    public async Task StopAsync() => await Redis.DisposeAsync();
}
