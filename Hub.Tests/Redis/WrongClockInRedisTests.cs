using System.Globalization;
using Realtime.Server.Log;
using Realtime.Server.Log.Redis;
using Realtime.Server.Notifications;
using Realtime.Tests.Log;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>Redis's clock was wrong once: what it stamped, and what it gave an expiry, stays no longer than it should.</summary>
[CancelAfter(60_000)]
internal sealed class WrongClockInRedisTests
{
    private const long Years = 3L * 365 * 24 * 3_600_000;

    private static readonly TimeSpan Age = TimeSpan.FromSeconds(2);
    private static readonly PageLimit Everything = new(1_000, int.MaxValue);

    private IRedisServer _redis = null!;
    private RedisNode _node = null!;
    private Topic _topic;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _redis = await RedisServers.StartAsync();
        _node = await RedisNode.StartAsync(_redis.ConnectionString, retention: new RetentionOptions { Age = Age });
        await Eventually.Ends("Redis is reached", _node.Connection.Reached);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _node.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [SetUp]
    public void NewTopic() => _topic = Topic.User(Guid.NewGuid().ToString());

    private string Stream => $"hub:log:{{{_topic.Text}}}";

    [Test]
    public async Task Stamps_years_ahead_do_not_switch_retention_by_age_off()
    {
        await StampedAsync(await NowAsync() + Years);
        for (var i = 2; i <= 4; i++) await _node.Log.StoreAsync(Drafts.Of($"{i}", _topic));
        Assert.That(await SequencesAsync(), Is.EqualTo([1, 2, 3, 4]));
        await Eventually.True("they are too old for readers", async () => (await SequencesAsync()).Count == 0);
        var page = await _node.Log.ReadAsync(_topic, Position.Start, Everything, CancellationToken.None);
        Assert.That((page.Gap, page.Head.Sequence), Is.EqualTo(((GapReason?)GapReason.Expired, 4L)));
        await _node.Log.StoreAsync(Drafts.Of("5", _topic));
        Assert.That(await SequencesAsync(), Is.EqualTo([5]));
        await Eventually.True("and the next append takes them away", async () =>
        {
            await _node.Log.StoreAsync(Drafts.Of("more", _topic));
            return !string.Join('\n', await _redis.AskAsync("XRANGE", Stream, "-", "+")).Contains("\"2\"", StringComparison.Ordinal);
        });
    }

    [Test]
    public async Task A_clock_that_was_minutes_ahead_breaks_neither_the_order_nor_cursors()
    {
        await StampedAsync(await NowAsync() + (7 * 60_000));
        var ahead = (await _node.Log.ReadAsync(_topic, null, Everything, CancellationToken.None)).Items.Single().Position;
        var later = new List<Position> { ahead };
        for (var i = 2; i <= 5; i++)
        {
            await _node.Log.StoreAsync(Drafts.Of($"{i}", _topic));
            later.Add((await _node.Log.ReadAsync(_topic, later[^1], Everything, CancellationToken.None)).Items.Single().Position);
        }
        Assert.That(later.Select(position => position.Sequence), Is.EqualTo([1, 2, 3, 4, 5]));
        Assert.That(later.Select(position => position.Stamp), Is.Ordered, "stamps never go back within a topic");
        foreach (var position in later)
        {
            var rest = await _node.Log.ReadAsync(_topic, position, Everything, CancellationToken.None);
            Assert.That((rest.Gap, rest.Items.Count), Is.EqualTo(((GapReason?)null, 5 - (int)position.Sequence)));
        }
        await Eventually.True("all reach their age, not minutes later", async () => (await SequencesAsync()).Count == 0);
        var page = await _node.Log.ReadAsync(_topic, ahead, Everything, CancellationToken.None);
        Assert.That((page.Gap, page.Head.Sequence), Is.EqualTo(((GapReason?)GapReason.Expired, 5L)));
    }

    [Test]
    public async Task A_quiet_topic_of_a_clock_that_was_ahead_does_not_stay_for_years()
    {
        await StampedAsync(await NowAsync() + Years);
        await _redis.AskAsync("PEXPIRE", Stream, $"{Years}");
        Assert.That(await SequencesAsync(), Is.EqualTo([1]));
        Assert.That(long.Parse((await _redis.AskAsync("PTTL", Stream))[0], CultureInfo.InvariantCulture),
            Is.InRange(0, (long)Age.TotalMilliseconds));
    }

    [Test]
    public async Task Entries_of_a_clock_that_was_behind_live_as_long_as_their_own_time_says()
    {
        // Redis's clock was behind; the node detected that and stored the correct time.
        var now = await NowAsync();
        await StampedAsync(now - Years, "t", $"{now}");
        await _node.Log.StoreAsync(Drafts.Of("2", _topic));
        Assert.That(await SequencesAsync(), Is.EqualTo([1, 2]));
        await Eventually.True("the first has reached its age", async () => (await SequencesAsync()).Count < 2);
        await _node.Log.StoreAsync(Drafts.Of("3", _topic));
        Assert.That(await SequencesAsync(), Does.Contain(3).And.Not.Contain(1));
    }

    [Test]
    public async Task An_entry_says_its_own_time_only_where_its_stamp_does_not()
    {
        await _node.Log.StoreAsync(Drafts.Of("1", _topic));
        Assert.That(await _redis.AskAsync("XRANGE", Stream, "-", "+"), Has.Count.EqualTo(5), "id, p, b");
        NewTopic();
        await StampedAsync(await NowAsync() + Years);
        await _node.Log.StoreAsync(Drafts.Of("2", _topic));
        var newest = await _redis.AskAsync("XREVRANGE", Stream, "+", "-", "COUNT", "1");
        Assert.That(newest[5], Is.EqualTo("t"));
        Assert.That(long.Parse(newest[6], CultureInfo.InvariantCulture), Is.EqualTo(await NowAsync()).Within(30_000));
    }

    [Test]
    public async Task Keys_that_were_taken_while_the_clock_was_ahead_are_free_a_day_after_they_are_met_again()
    {
        var draft = Drafts.Keyed(Guid.NewGuid().ToString(), "order", _topic);
        await _node.Log.StoreAsync(draft);
        string[] keys = [$"hub:claim:shop\0{draft.Key!.Text}", (await _redis.AskAsync("KEYS", $"hub:once:{{{_topic.Text}}}:*"))[0]];
        foreach (var key in keys) await _redis.AskAsync("PEXPIRE", key, $"{Years}");
        Assert.That((await _node.Log.StoreAsync(draft)).Duplicate);
        foreach (var key in keys)
            Assert.That(long.Parse((await _redis.AskAsync("PTTL", key))[0], CultureInfo.InvariantCulture),
                Is.InRange(0, (long)RedisLogLimitsOnce), key);
    }

    private static double RedisLogLimitsOnce => RedisLogLimits.Once.TotalMilliseconds;

    private async Task StampedAsync(long stamp, params string[] more)
    {
        await _redis.AskAsync(
            ["XADD", Stream, $"{stamp}-1", "p", "0", "b", RedisTalk.Utf8(Drafts.TextOf(Drafts.Of("1", _topic))), .. more]);
        await _redis.AskAsync("SET", $"hub:head:{{{_topic.Text}}}", $"{stamp}-1");
    }

    private async Task<IReadOnlyList<long>> SequencesAsync() =>
        [.. (await _node.Log.ReadAsync(_topic, null, Everything, CancellationToken.None)).Items.Select(item => item.Position.Sequence)];

    private async Task<long> NowAsync() => 1_000 * long.Parse((await _redis.AskAsync("TIME"))[0], CultureInfo.InvariantCulture);
}
