using System.Net.Sockets;
using StackExchange.Redis;

namespace Realtime.Tests.Support;

/// <summary>What tests may do to a Redis, whatever it runs in.</summary>
[TestFixture(RedisHost.Container)]
[TestFixture(RedisHost.Process)]
[CancelAfter(60_000)]
internal sealed class RedisServerTests(RedisHost host)
{
    private IRedisServer? _started;

    private IRedisServer Redis => _started!;

    [OneTimeSetUp]
    public async Task StartAsync() => _started = await RedisServers.StartAsync(host, "--maxmemory", "50mb");

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_started is not null) await _started.DisposeAsync();
    }

    [Test]
    public async Task It_serves_with_the_options_it_was_given_and_keeps_what_it_acknowledged()
    {
        Assert.That(await Redis.AskAsync("CONFIG", "GET", "maxmemory"), Is.EqualTo<string>(["maxmemory", $"{50 << 20}"]));
        Assert.That(await Redis.AskAsync("CONFIG", "GET", "appendfsync"), Is.EqualTo<string>(["appendfsync", "always"]));
        Assert.That(await Redis.AskAsync("CONFIG", "GET", "save"), Is.EqualTo<string>(["save", ""]));
        await Redis.AskAsync("SET", "kept", "yes");
        await Redis.KillAsync();
        Assert.That(await Redis.HasEndedAsync());
        Assert.That(async () => await Redis.AskAsync("PING"), Throws.InstanceOf<SocketException>(), "its port is closed");
        await Redis.StartAgainAsync();
        Assert.That(await Redis.AskAsync("GET", "kept"), Is.EqualTo<string>(["yes"]));
    }

    [Test]
    public async Task Frozen_it_answers_nobody_and_keeps_its_connections(CancellationToken cancel)
    {
        using var client = await ConnectAsync(cancel);
        await Redis.FreezeAsync();
        var answer = RedisTalk.AskAsync(client.GetStream(), ["PING"], cancel);
        var silence = Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, cancel);
        Assert.That(await Task.WhenAny(answer, silence), Is.SameAs(silence));
        await Redis.ThawAsync();
        Assert.That(await answer, Is.EqualTo<string>(["PONG"]));
    }

    [Test]
    public async Task Frozen_it_can_be_killed()
    {
        await Redis.FreezeAsync();
        await Redis.KillAsync();
        await Redis.StartAgainAsync();
        Assert.That(await Redis.AskAsync("PING"), Is.EqualTo<string>(["PONG"]));
    }

    [TestCase(Signal.Terminate)]
    [TestCase(Signal.Kill)]
    public async Task Its_end_ends_its_connections(Signal signal, CancellationToken cancel)
    {
        using var client = await ConnectAsync(cancel);
        await Redis.EndAsync(signal);
        await Assert.ThatAsync(() => RedisTalk.AskAsync(client.GetStream(), ["PING"], cancel), Throws.InstanceOf<IOException>());
        await Redis.StartAgainAsync();
    }

    [Test]
    public async Task It_can_lose_its_tail_more_than_once()
    {
        for (var round = 1; round <= 2; round++)
        {
            await Redis.AskAsync("SET", "head", $"{round}");
            await Redis.KillAsync();
            await Redis.BackUpAsync();
            await Redis.StartAgainAsync();
            await Redis.AskAsync("SET", "tail", $"{round}");
            await Redis.KillAsync();
            await Redis.RestoreAsync();
            await Redis.StartAgainAsync();
            Assert.That(await Redis.AskAsync("GET", "head"), Is.EqualTo<string>([$"{round}"]));
            Assert.That(await Redis.AskAsync("EXISTS", "tail"), Is.EqualTo<string>(["0"]));
        }
    }

    [Test]
    public async Task It_can_be_started_with_another_option_for_once()
    {
        await Redis.KillAsync();
        await Redis.StartAgainAsync("--maxmemory", "60mb");
        Assert.That((await Redis.AskAsync("CONFIG", "GET", "maxmemory"))[1], Is.EqualTo($"{60 << 20}"));
        await Redis.KillAsync();
        await Redis.StartAgainAsync();
        Assert.That((await Redis.AskAsync("CONFIG", "GET", "maxmemory"))[1], Is.EqualTo($"{50 << 20}"));
    }

    [Test]
    public async Task A_start_that_fails_says_what_Redis_printed() => await Assert.ThatAsync(
        () => RedisServers.StartAsync(host, "--appendfsync", "sometimes"),
        Throws.Exception.With.Message.Contains("argument(s) must be one of the following"));

    [Test]
    public async Task A_cluster_outlives_the_death_of_a_shard()
    {
        await using var cluster = await RedisCluster.StartAsync(host);
        await using var link = await ConnectionMultiplexer.ConnectAsync($"{cluster.ConnectionString},abortConnect=false");
        var database = link.GetDatabase();
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => database.StringSetAsync($"key {i}", i)));
        await cluster.Shards[0].KillAsync();
        await cluster.Shards[0].StartAgainAsync();
        await Eventually.True("every key is there", async () =>
        {
            try
            {
                var kept = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => database.StringGetAsync($"key {i}")));
                return kept.Select(value => (int)value).SequenceEqual(Enumerable.Range(0, 30));
            }
            catch (Exception notYet) when (notYet is RedisException or TimeoutException)
            {
                return false;
            }
        });
    }

    /// <summary>A connection that Redis itself has answered on.</summary>
    private async Task<TcpClient> ConnectAsync(CancellationToken cancel)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", Redis.Port, cancel);
        await RedisTalk.AskAsync(client.GetStream(), ["PING"], cancel);
        return client;
    }
}
