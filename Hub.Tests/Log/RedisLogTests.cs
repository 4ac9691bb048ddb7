using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Tests.Support;

namespace Realtime.Tests.Log;

/// <summary>The contract on one Redis that syncs its append-only file before it answers.</summary>
[TestFixture(RedisHost.Container)]
[TestFixture(RedisHost.Process)]
internal sealed class RedisLogTests(RedisHost host) : NotificationLogContract
{
    private IRedisServer? _redis;

    [OneTimeSetUp]
    public async Task StartAsync() => _redis = await RedisServers.StartAsync(host);

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_redis is not null) await _redis.DisposeAsync();
    }

    protected override async Task<ILogUnderTest> OpenAsync(RetentionOptions retention, Action<Topic, Notification> announced) =>
        await RedisStore.OpenAsync(_redis!.ConnectionString, retention, announced);
}

/// <summary>The contract on a Redis Cluster of three shards: a topic's keys are in one slot, and no script uses two.</summary>
internal sealed class RedisClusterLogTests : NotificationLogContract
{
    private RedisCluster _cluster = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _cluster = await RedisCluster.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _cluster.DisposeAsync();

    protected override async Task<ILogUnderTest> OpenAsync(RetentionOptions retention, Action<Topic, Notification> announced) =>
        await RedisStore.OpenAsync(_cluster.ConnectionString, retention, announced);
}
