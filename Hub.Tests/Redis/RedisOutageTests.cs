using System.Net.Http.Json;
using System.Text.Json;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>Two real nodes on one real Redis, which is frozen, killed, restarted, and put back in time.</summary>
[CancelAfter(120_000)]
internal sealed class RedisOutageTests
{
    // The two seconds of docs/PROTOCOL.md, and what a busy machine may add on the way.
    private static readonly TimeSpan RefusalLimit = TimeSpan.FromSeconds(2.5);

    private IRedisServer _redis = null!;
    private ServerProcess _one = null!, _two = null!;
    private string _user = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _redis = await RedisServers.StartAsync();
        var nodes = await Task.WhenAll(StartNodeAsync(_redis.ConnectionString), StartNodeAsync(_redis.ConnectionString));
        (_one, _two) = (nodes[0], nodes[1]);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [SetUp]
    public void NewUser() => _user = $"user {Guid.NewGuid():N}";

    [Test]
    public async Task What_is_published_on_one_node_reaches_a_reader_on_the_other_live(CancellationToken cancel)
    {
        await using var reader = await RecordingStream.OpenAsync(_two, _user, "latest", cancel);
        for (var i = 1; i <= 20; i++) Assert.That(await (i % 2 == 0 ? _one : _two).PublishAsync(_user, $"{i}", cancel), Is.EqualTo(i));
        await reader.GetsAsync(Numbers(1, 20), cancel);
    }

    [Test]
    public async Task While_Redis_stands_still_publishes_are_refused_in_time_and_readers_stay(CancellationToken cancel)
    {
        await using var reader = await RecordingStream.OpenAsync(_two, _user, "latest", cancel);
        await _one.PublishAsync(_user, "1", cancel);
        await reader.GetsAsync(["1"], cancel);

        await _redis.FreezeAsync();
        try
        {
            for (var i = 0; i < 5; i++) await IsRefusedAsync(_one, $"stopped {i}", cancel);
            using var live = await _one.Http.GetAsync(new Uri("/health/live", UriKind.Relative), cancel);
            using var ready = await _one.Http.GetAsync(new Uri("/health/ready", UriKind.Relative), cancel);
            Assert.That(((int)live.StatusCode, (int)ready.StatusCode), Is.EqualTo((200, 200)));
        }
        finally
        {
            await _redis.ThawAsync();
        }
        await IsAcceptedAsync(_one, "2", "key-2", cancel);
        // The outcome of a refused publish is unknown: it may appear, at most once.
        await Eventually.True("the reader has caught up", () => reader.Items[^1] == "2", cancel);
        Assert.That(reader.Items, Is.Unique.And.None.StartsWith("gap"));
        Assert.That(reader.HasEnded, Is.False);
    }

    [Test]
    public async Task After_Redis_was_killed_and_came_back_nothing_is_missing_and_a_retry_completes(CancellationToken cancel)
    {
        await using var reader = await RecordingStream.OpenAsync(_two, _user, "latest", cancel);
        for (var i = 1; i <= 3; i++) await _one.PublishAsync(_user, $"{i}", cancel, $"k{i}");
        await _redis.KillAsync();
        await IsRefusedAsync(_one, "4", cancel, "k4");
        await IsRefusedAsync(_two, "4", cancel, "k4");
        await _redis.StartAgainAsync();
        await IsAcceptedAsync(_two, "4", "k4", cancel);
        await IsAcceptedAsync(_one, "5", "k5", cancel);
        await reader.GetsAsync(Numbers(1, 5), cancel);
        Assert.That(reader.HasEnded, Is.False);

        var repeat = await PublishKeyedAsync(_one, "3", "k3", cancel);
        Assert.That((repeat.GetProperty("duplicate").GetBoolean(), Sequence(repeat)), Is.EqualTo((true, 3)));
    }

    [Test]
    public async Task While_Redis_loads_its_data_publishes_are_refused_in_time(CancellationToken cancel)
    {
        await using var reader = await RecordingStream.OpenAsync(_two, _user, "latest", cancel);
        for (var i = 1; i <= 5; i++) await _one.PublishAsync(_user, $"{i}", cancel);
        await _redis.AskAsync("DEBUG", "POPULATE", "2000", "filler", "100");
        await _redis.AskAsync("BGREWRITEAOF");
        await Eventually.True("the file is rewritten", async () =>
            (await _redis.AskAsync("INFO", "persistence"))[0].Contains("aof_rewrite_in_progress:0", StringComparison.Ordinal), cancel);
        await _redis.KillAsync();
        try
        {
            // Microseconds for each key: it loads for ten seconds, and responds to commands during that time.
            await _redis.LaunchAsync("--key-load-delay", "5000", "--loading-process-events-interval-bytes", "1024");
            await Eventually.True("Redis is loading", LoadsAsync, cancel);
            for (var i = 0; i < 3; i++) await IsRefusedAsync(_one, $"loading {i}", cancel);
            Assert.That(await LoadsAsync(), "it must not have ended meanwhile, or this test shows nothing");
        }
        finally
        {
            await RestartAsync(() => Task.CompletedTask);
        }
        await IsAcceptedAsync(_one, "6", "k6", cancel);
        await reader.GetsAsync(Numbers(1, 6), cancel);
    }

    [Test]
    public async Task A_Redis_that_lost_its_tail_resets_whoever_had_seen_it(CancellationToken cancel)
    {
        await using var connected = await RecordingStream.OpenAsync(_two, _user, "latest", cancel);
        for (var i = 1; i <= 3; i++) await _one.PublishAsync(_user, $"{i}", cancel);
        await RestartAsync(_redis.BackUpAsync);
        for (var i = 4; i <= 6; i++) await IsAcceptedAsync(_one, $"{i}", $"{_user}{i}", cancel);
        await connected.GetsAsync(Numbers(1, 6), cancel);
        var away = connected.Cursor;

        await RestartAsync(_redis.RestoreAsync);
        // 1 to 3 may arrive again: the clock of a store that rewound may be off by up to a minute.
        await connected.GetsAsync([.. Numbers(1, 6), $"gap user:{_user} 6-1 reset", .. Numbers(1, 3)], cancel);

        // Grown past the old tail before the other one comes back: the numbers alone would hide it.
        for (var i = 4; i <= 9; i++) await IsAcceptedAsync(_one, $"new {i}", $"{_user} new {i}", cancel);
        await using var back = await RecordingStream.OpenAsync(_one, _user, away, cancel);
        string[] regrown = [.. Numbers(1, 3), .. Enumerable.Range(4, 6).Select(i => $"new {i}")];
        await back.GetsAsync([$"gap user:{_user} 6-1 reset", .. regrown], cancel);
        await connected.GetsAsync([.. Numbers(1, 6), $"gap user:{_user} 6-1 reset", .. regrown], cancel);
        Assert.That((connected.HasEnded, back.HasEnded), Is.EqualTo((false, false)));
    }

    [Test]
    public async Task One_key_on_both_nodes_at_once_is_one_notification(CancellationToken cancel)
    {
        for (var round = 0; round < 10; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 8)
                .Select(i => PublishKeyedAsync(i % 2 == 0 ? _one : _two, $"{round}", $"{_user} {round}", cancel)));
            Assert.That(answers.Count(answer => !answer.GetProperty("duplicate").GetBoolean()), Is.EqualTo(1));
            Assert.That(answers.Select(answer => answer.GetProperty("id").GetString()).Distinct(), Has.Exactly(1).Items);
            Assert.That(answers.Select(Sequence), Is.All.EqualTo(round + 1));
        }
        using var other = await _two.TryPublishAsync(
            new { users = new[] { _user } }, "another order", cancel, $"{_user} 3".Replace(' ', '-'));
        Assert.That((int)other.StatusCode, Is.EqualTo(422));
        using var elsewhere = await _one.TryPublishAsync(
            new { users = new[] { _user, "and another" } }, "3", cancel, $"{_user} 3".Replace(' ', '-'));
        Assert.That((int)elsewhere.StatusCode, Is.EqualTo(422));
    }

    [Test]
    public async Task With_publishers_on_all_nodes_readers_on_all_nodes_get_one_order(CancellationToken cancel)
    {
        const int publishers = 6, each = 30;
        await using var one = await RecordingStream.OpenAsync(_one, _user, "latest", cancel);
        await using var two = await RecordingStream.OpenAsync(_two, _user, "latest", cancel);
        var told = new string[publishers * each];
        await Task.WhenAll(Enumerable.Range(0, publishers).Select(async publisher =>
        {
            for (var i = 0; i < each; i++)
            {
                var order = $"{publisher}/{i}";
                told[await (publisher % 2 == 0 ? _one : _two).PublishAsync(_user, order, cancel) - 1] = order;
            }
        }));
        await one.GetsAsync(told, cancel);
        await two.GetsAsync(told, cancel);
    }

    [Test, Category("Campaign")]
    public async Task Readers_outlast_half_a_minute_of_silence_with_heartbeats_and_catch_up(CancellationToken cancel)
    {
        Requires.Campaigns();
        await using var reader = await RecordingStream.OpenAsync(_two, _user, "latest", cancel);
        await _one.PublishAsync(_user, "1", cancel);
        await _redis.FreezeAsync();
        try
        {
            await Eventually.True("two heartbeats have come", () => reader.Positions >= 3, TimeSpan.FromSeconds(60), cancel);
        }
        finally
        {
            await _redis.ThawAsync();
        }
        await IsAcceptedAsync(_one, "2", "after silence", cancel);
        await reader.GetsAsync(["1", "2"], cancel);
        Assert.That(reader.HasEnded, Is.False);
    }

    internal static Task<ServerProcess> StartNodeAsync(string redis, bool awaitReady = true) => TestServer.StartAsync(new ServerSettings
    {
        Settings = new Dictionary<string, string> { ["ConnectionStrings:Redis"] = redis },
        AwaitReady = awaitReady,
    }, CancellationToken.None);

    private static IEnumerable<string> Numbers(int first, int last) => Enumerable.Range(first, last - first + 1).Select(i => $"{i}");

    private static int Sequence(JsonElement answer) => answer.GetProperty("accepted")[0].GetProperty("sequence").GetInt32();

    private async Task RestartAsync(Func<Task> between)
    {
        await _redis.KillAsync();
        await between();
        await _redis.StartAgainAsync();
    }

    private async Task<JsonElement> PublishKeyedAsync(ServerProcess node, string order, string key, CancellationToken cancel)
    {
        using var answer = await node.TryPublishAsync(new { users = new[] { _user } }, order, cancel, key.Replace(' ', '-'));
        Assert.That((int)answer.StatusCode, Is.EqualTo(202), await answer.Content.ReadAsStringAsync(cancel));
        return await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
    }

    /// <summary>Retries with its key until it is accepted, as a publisher does.</summary>
    private Task IsAcceptedAsync(ServerProcess node, string order, string key, CancellationToken cancel) =>
        Eventually.True($"{order} is accepted", async () =>
        {
            using var answer = await node.TryPublishAsync(new { users = new[] { _user } }, order, cancel, key.Replace(' ', '-'));
            return (int)answer.StatusCode == 202;
        }, cancel);

    private async Task IsRefusedAsync(ServerProcess node, string order, CancellationToken cancel, string? key = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var answer = await node.TryPublishAsync(new { users = new[] { _user } }, order, cancel, key);
        Assert.That((int)answer.StatusCode, Is.EqualTo(503));
        Assert.That(answer.Headers.RetryAfter, Is.Not.Null);
        Assert.That(TimeProvider.System.GetElapsedTime(began), Is.LessThan(RefusalLimit));
    }

    private async Task<bool> LoadsAsync()
    {
        try
        {
            await _redis.AskAsync("GET", "x");
            return false;
        }
        catch (RedisTalk.ErrorException error)
        {
            return error.Message.StartsWith("LOADING", StringComparison.Ordinal);
        }
        catch (Exception notYet) when (notYet is IOException or System.Net.Sockets.SocketException or OperationCanceledException)
        {
            return false;
        }
    }
}
