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

    [Test]
    public async Task Until_all_nodes_can_keep_the_trace_of_a_key_it_is_stored_without(CancellationToken cancel)
    {
        await using var store = await RedisStore.OpenAsync(_redis!.ConnectionString);
        var topic = Topic.User("alice");
        store.Connection.MayKeepTraces = false;
        await store.Log.StoreAsync(Drafts.Traced(Drafts.Keyed("a", "keyed", topic), 1), cancel);
        await store.Log.StoreAsync(Drafts.Traced(Drafts.Of("without a key", topic), 2), cancel);
        store.Connection.MayKeepTraces = true;
        await store.Log.StoreAsync(Drafts.Traced(Drafts.Keyed("b", "keyed", topic), 3), cancel);
        var items = (await store.Log.ReadAsync(topic, null, new PageLimit(10, 100_000), cancel)).Items;
        Assert.That(items.Select(item => TraceMember.ValueIn(item.Body.Span).IsEmpty), Is.EqualTo([true, false, false]));
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
