using Realtime.Server.Log;
using Realtime.Server.Log.Redis;
using Realtime.Server.Notifications;
using Realtime.Server.Redis;
using Realtime.Tests.Log;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>Bounds: of a call, of the calls that may wait for Redis, and of trust in a Redis after a new connection.</summary>
[CancelAfter(90_000)]
internal sealed class RedisConnectionTests
{
    private readonly Topic _topic = Topic.User("somebody");
    private IRedisServer _redis = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _redis = await RedisServers.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _redis.DisposeAsync();

    [Test]
    public async Task When_a_call_has_run_out_the_next_ones_are_refused_without_being_sent_until_a_ping_is_answered()
    {
        await using var node = await RedisNode.StartAndListenAsync(_redis.ConnectionString);
        await node.Log.StoreAsync(Drafts.Of("1", _topic));
        await _redis.FreezeAsync();
        try
        {
            Assert.That(() => node.Log.StoreAsync(Drafts.Of("unknown", _topic)), Throws.TypeOf<LogUnavailableException>());
            for (var i = 0; i < 10; i++)
            {
                var refused = Assert.CatchAsync<LogUnavailableException>(() => node.Log.StoreAsync(Drafts.Of("refused", _topic)));
                Assert.That(refused!.InnerException!.Message, Does.Contain("nothing was sent"));
            }
        }
        finally
        {
            await _redis.ThawAsync();
        }
        await Eventually.True("it answers again", () => node.HasSaid("Redis answers again"));
        await node.Log.StoreAsync(Drafts.Of("2", _topic));
        Assert.That(node.Log.AppendsInFlight, Is.Zero, "what was refused holds no place");
        var stored = (await _redis.AskAsync("XRANGE", $"hub:log:{{{_topic.Text}}}", "-", "+")).Where(
            text => text.StartsWith("\"id\"", StringComparison.Ordinal));
        Assert.That(stored.Where(text => text.Contains("refused", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task A_call_about_a_channel_that_has_run_out_first_is_followed_by_probes_too()
    {
        await using var node = await RedisNode.StartAndListenAsync(_redis.ConnectionString);
        await _redis.FreezeAsync();
        try
        {
            var redis = node.Connection;
            Assert.That(() => redis.ListenAsync(redis.Channels.UserRevoked, _ => { }), Throws.TypeOf<RedisUnavailableException>());
            Assert.That(() => node.Log.StoreAsync(Drafts.Of("refused", _topic)), Throws.TypeOf<LogUnavailableException>());
        }
        finally
        {
            await _redis.ThawAsync();
        }
        await Eventually.True("it answers again", () => node.HasSaid("Redis answers again"));
        await node.Log.StoreAsync(Drafts.Of("taken", _topic));
    }

    [Test]
    public async Task No_more_than_so_many_appends_wait_for_Redis()
    {
        await using var node = await RedisNode.StartAndListenAsync(_redis.ConnectionString);
        var room = node.Log.AppendsInFlight;
        Assert.That(room, Is.Zero);
        await _redis.FreezeAsync();
        try
        {
            var waiting = Enumerable.Range(0, RedisLogLimits.AppendsInFlight).Select(_ => node.Log.StoreAsync(Drafts.Of("waits", _topic)))
                .ToList();
            var refused = Assert.CatchAsync<LogUnavailableException>(() => node.Log.StoreAsync(Drafts.Of("one too many", _topic)));
            Assert.That(refused!.Message, Does.Contain($"{RedisLogLimits.AppendsInFlight} appends wait"));
            foreach (var append in waiting) Assert.That(() => append, Throws.TypeOf<LogUnavailableException>());
            Assert.That(node.Log.AppendsInFlight, Is.LessThanOrEqualTo(RedisLogLimits.CallsInFlight * RedisLogLimits.AppendsPerCall),
                "nothing but what was sent still waits");
        }
        finally
        {
            await _redis.ThawAsync();
        }
        await Eventually.True("there is room again", () => node.Log.AppendsInFlight == 0);
        await Eventually.True("it answers again", () => node.HasSaid("Redis answers again"));
        await node.Log.StoreAsync(Drafts.Of("fits", _topic));
    }

    [Test]
    public async Task A_Redis_that_may_evict_is_not_used_until_it_is_told_not_to()
    {
        await _redis.AskAsync("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru");
        try
        {
            await using var node = await RedisNode.StartAsync(_redis.ConnectionString);
            await Eventually.True("it says why", () => node.HasSaid("may evict keys (maxmemory-policy allkeys-lru): set it to noeviction"));
            node.State.Started();
            Assert.That(node.State.IsReady, Is.False);
            await _redis.AskAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
            await Eventually.True("it is ready", () => node.State.IsReady);
        }
        finally
        {
            await _redis.AskAsync("CONFIG", "SET", "maxmemory", "0", "maxmemory-policy", "noeviction");
        }
    }

    [Test]
    public async Task A_full_Redis_refuses_and_takes_notifications_again_when_it_has_room()
    {
        await using var node = await RedisNode.StartAndListenAsync(_redis.ConnectionString);
        var topic = Topic.User("of a full Redis");
        await node.Log.StoreAsync(Drafts.Of("1", topic));
        await _redis.AskAsync("CONFIG", "SET", "maxmemory", "1");
        try
        {
            Assert.That(() => node.Log.StoreAsync(Drafts.Of("2", topic)), Throws.TypeOf<LogUnavailableException>());
            Assert.That((await node.Log.ReadAsync(topic, null, new PageLimit(9, 9_999), CancellationToken.None)).Items,
                Has.Count.EqualTo(1), "reads go on");
        }
        finally
        {
            await _redis.AskAsync("CONFIG", "SET", "maxmemory", "0");
        }
        Assert.That((await node.Log.StoreAsync(Drafts.Of("2", topic))).Sequences, Is.EqualTo([2]), "no number was burned");
    }

    [Test]
    public async Task Scripts_that_Redis_has_forgotten_are_sent_again()
    {
        await using var node = await RedisNode.StartAndListenAsync(_redis.ConnectionString);
        var topic = Topic.User("of forgotten scripts");
        for (var i = 1; i <= 3; i++)
        {
            Assert.That((await node.Log.StoreAsync(Drafts.Of($"{i}", topic))).Sequences, Is.EqualTo([i]));
            await _redis.AskAsync("SCRIPT", "FLUSH");
        }
    }

    [Test]
    public async Task What_Redis_refuses_is_logged_once_whatever_the_keys()
    {
        await using var node = await RedisNode.StartAndListenAsync(_redis.ConnectionString);
        await _redis.AskAsync("CONFIG", "SET", "maxmemory", "1");
        try
        {
            for (var i = 0; i < 20; i++)
            {
                Assert.That(() => node.Log.StoreAsync(Drafts.KeyedBy($"shop {i}", $"key-{i}", "x", Topic.User($"reader {i}"))),
                    Throws.TypeOf<LogUnavailableException>());
                Assert.That(() => node.Log.StoreAsync(Drafts.Of("x", Topic.User($"reader {i}"))), Throws.TypeOf<LogUnavailableException>());
            }
        }
        finally
        {
            await _redis.AskAsync("CONFIG", "SET", "maxmemory", "0");
        }
        var said = node.Messages.Where(message => message.Contains("Redis refuses commands", StringComparison.Ordinal)).ToList();
        Assert.That(said, Has.Count.EqualTo(1));
        Assert.That(said[0], Does.Contain("OOM").And.Contain("shop 0\\u0000key-0").And.Not.Contain("\0"));
    }

    [Test]
    public async Task Keyed_and_unkeyed_appends_that_one_caller_starts_keep_their_order()
    {
        await using var node = await RedisNode.StartAndListenAsync(_redis.ConnectionString);
        var topic = Topic.User("of ordered appends");
        var appends = Enumerable.Range(1, 300)
            .Select(i => node.Log.StoreAsync(i % 3 == 0 ? Drafts.Of($"{i}", topic) : Drafts.Keyed($"k{i}", $"{i}", topic))).ToList();
        var stored = await Task.WhenAll(appends);
        Assert.That(stored.Select(one => one.Sequences[0]), Is.EqualTo(Enumerable.Range(1, 300)));
    }

    [Test]
    public async Task Replacing_links_over_and_over_leaves_nothing_behind()
    {
        await using var node = await RedisNode.StartAndListenAsync(_redis.ConnectionString);
        var before = await ClientsAsync();
        for (var i = 1; i <= 10; i++)
        {
            await _redis.AskAsync("CLIENT", "KILL", "TYPE", "pubsub");
            var times = i + 1;
            await Eventually.True(
                "it listens again", () => node.Messages.Count(message => message.Contains("Listening", StringComparison.Ordinal)) == times);
        }
        await Eventually.True("the links that failed are gone", async () => await ClientsAsync() <= before);
    }

    [TestCase("redis://host:6379", "scheme")]
    [TestCase("host:6379,nonsense=sekrit", "unknown option nonsense: correct its name or remove it")]
    [TestCase("password=sekrit", "names no server")]
    [TestCase("host:6379,password=a,sekrit=b", "3rd of 3")]
    [TestCase("host:6379,connectTimeout=sekrit", "option connectTimeout with a value")]
    [TestCase("host:6379,channelPrefix=sekrit", "channelPrefix")]
    [TestCase("host:6379,proxy=sekrit", "proxy")]
    [TestCase("fd00::1:6379,password=sekrit", "brackets, [fd00::1]:6379")]
    [TestCase("host:6379,::1:6380", "brackets")]
    public void A_wrong_connection_string_is_refused_without_repeating_what_may_be_secret(string text, string why)
    {
        var result = new RedisOptionsValidator().Validate(null, new RedisOptions { ConnectionString = text });
        Assert.That(result.FailureMessage, Does.StartWith("ConnectionStrings:Redis").And.Contain(why).And.Not.Contain("sekrit"));
    }

    [TestCase("localhost")]
    [TestCase("redis-1:6379,redis-2:6379,password=a=b=c,ssl=true,abortConnect=true")]
    [TestCase("sentinel-1:26379,sentinel-2:26379,serviceName=orders,user=hub,password=a,sentinelUser=s,sentinelPassword=b")]
    [TestCase("[::1]:6379,user=hub,password=a")]
    [TestCase("fd00::1")]
    [TestCase("redis:6380,ssl=true,sslHost=redis.example,sslProtocols=tls12|tls13,checkCertificateRevocation=false,tcpKeepAlive=true")]
    public void A_good_connection_string_is_taken(string text) =>
        Assert.That(new RedisOptionsValidator().Validate(null, new RedisOptions { ConnectionString = text }).FailureMessage, Is.Null);

    private async Task<int> ClientsAsync() =>
        (await _redis.AskAsync("CLIENT", "LIST"))[0].Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
}
