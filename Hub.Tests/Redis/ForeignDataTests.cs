using Realtime.Server.Feed;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Server.Redis;
using Realtime.Server.Redis.Data;
using Realtime.Tests.Log;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>
/// Data that other programs write into our keys: refused, or repaired from the log, and logged by name. They never reach a reader.
/// </summary>
[CancelAfter(60_000)]
internal sealed class ForeignDataTests
{
    private static readonly PageLimit Everything = new(1_000, int.MaxValue);

    private IRedisServer _redis = null!;
    private RedisNode _node = null!;
    private Topic _topic;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _redis = await RedisServers.StartAsync();
        _node = await RedisNode.StartAndListenAsync(_redis.ConnectionString);
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

    private string Head => $"hub:head:{{{_topic.Text}}}";

    [Test]
    public async Task Entries_without_our_fields_are_passed_over()
    {
        await StoreAsync("1", "2");
        await _redis.AskAsync("XADD", Stream, "*", "foo", "bar");
        await StoreAsync("3");
        await _redis.AskAsync("XADD", Stream, "*", "p", "0", "b", "junk");
        await StoreAsync("4");
        await ReadsAsync("1", "2", "3", "4");
        Assert.That(_node.HasSaid($"{Stream} holds or carried something"));
    }

    [Test]
    public async Task An_entry_far_ahead_does_not_stop_the_topic()
    {
        await StoreAsync("1");
        await _redis.AskAsync("XADD", Stream, "18446744073709551000-5", "foo", "bar");
        await ReadsAsync("1");
        await StoreAsync("2");
        await ReadsAsync("1", "2");
        Assert.That(_node.HasSaid($"Another program has written to {Stream}"));
    }

    [Test]
    public async Task A_number_that_stands_twice_is_delivered_once_and_ends_nobodys_way()
    {
        await StoreAsync("1", "2");
        var live = _node.Read(_topic, new StartAt.Earliest());
        await live.GetsAsync("1", "2");
        // What a cut append-only file leaves: an entry whose head was not set.
        var head = (await _redis.AskAsync("GET", Head))[0].Split('-')[0];
        await _redis.AskAsync(
            "XADD", Stream, $"{long.Parse(head, null) + 1}-3", "p", head, "b", "\"id\":\"orphan\",\"orderId\":\"orphan\"}");
        await Eventually.True(
            "the clock has moved on", async () => long.Parse((await _redis.AskAsync("TIME"))[0], null) * 1000 > long.Parse(head, null) + 2);
        await StoreAsync("3", "4");
        foreach (var size in new[] { 1, 2, 3, 100 }) await ReadsAsync(size, "1", "2", "3", "4");
        await live.GetsAsync("1", "2", "3", "4");
        Assert.That(await _redis.AskAsync("XLEN", Stream), Is.EqualTo(["4"]), "the orphan is gone");
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(100)]
    public async Task A_hole_is_one_reset_and_what_is_on_both_sides_of_it_is_delivered(int size)
    {
        await StoreAsync("1", "2", "3", "4", "5");
        var third = (await _redis.AskAsync("XRANGE", Stream, "-", "+"))[2 * 5];
        Assert.That(await _redis.AskAsync("XDEL", Stream, third), Is.EqualTo(["1"]));
        var read = new List<string>();
        for (Position? after = null; ;)
        {
            var page = await _node.Log.ReadAsync(_topic, after, new PageLimit(size, int.MaxValue), CancellationToken.None);
            if (page.Gap is { } gap) read.Add($"{gap}");
            read.AddRange(page.Items.Select(item => $"{item.Position.Sequence}"));
            if (!page.More) break;
            after = page.End;
        }
        Assert.That(read, Is.EqualTo(["1", "2", "Reset", "4", "5"]));
    }

    [Test]
    public async Task A_body_that_is_none_is_passed_over_with_one_reset()
    {
        await StoreAsync("1");
        var head = (await _redis.AskAsync("GET", Head))[0].Split('-')[0];
        await _redis.AskAsync("XADD", Stream, $"{head}-2", "p", head, "b", "\"id\":\"cut off");
        await _redis.AskAsync("SET", Head, $"{head}-2");
        await StoreAsync("3");
        var reader = _node.Read(_topic, new StartAt.Earliest());
        await reader.GetsAsync("1", "gap 1-3 Reset", "3");
    }

    [Test]
    public async Task Numbers_do_not_start_again_where_an_entry_far_ahead_has_a_low_number()
    {
        await StoreAsync("1", "2", "3");
        await _redis.AskAsync("XADD", Stream, "4398046511000-2", "p", "7", "b", "\"id\":\"x\"}");
        await StoreAsync("4");
        await ReadsAsync("1", "2", "3", "4");
    }

    [TestCase("junk")]
    [TestCase("")]
    [TestCase("99999999999999999999-99999999999999999999")]
    [TestCase("-1--1")]
    public async Task A_head_that_is_no_position_is_found_again_in_the_stream(string head)
    {
        await StoreAsync("1", "2");
        await _redis.AskAsync("SET", Head, head);
        await StoreAsync("3");
        await ReadsAsync("1", "2", "3");
    }

    [Test]
    public async Task A_head_that_is_gone_or_of_another_type_is_found_again_in_the_stream()
    {
        await StoreAsync("1", "2");
        await _redis.AskAsync("DEL", Head);
        await ReadsAsync("1", "2");
        await StoreAsync("3");
        await _redis.AskAsync("DEL", Head);
        await _redis.AskAsync("LPUSH", Head, "x");
        await StoreAsync("4");
        await ReadsAsync("1", "2", "3", "4");
    }

    [Test]
    public async Task A_head_behind_the_stream_does_not_give_a_number_twice()
    {
        await StoreAsync("1", "2", "3");
        var first = (await _redis.AskAsync("XRANGE", Stream, "-", "+", "COUNT", "1"))[0];
        await _redis.AskAsync("XADD", Stream, "4398046511103-1000000", "p", "0", "b", "x");
        await _redis.AskAsync("XDEL", Stream, "4398046511103-1000000");
        await _redis.AskAsync("SET", Head, first);
        await StoreAsync("4");
        var page = await _node.Log.ReadAsync(_topic, null, Everything, CancellationToken.None);
        Assert.That(page.Items.Select(item => item.Position.Sequence), Is.EqualTo([1, 2, 3, 4]));
    }

    [Test]
    public async Task A_stream_of_another_type_is_refused_by_name_and_others_go_on()
    {
        await _redis.AskAsync("SET", Stream, "not a stream");
        Assert.That(() => StoreAsync("1"), Throws.TypeOf<LogUnavailableException>());
        Assert.That(async () => await _node.Log.ReadAsync(_topic, null, Everything, CancellationToken.None),
            Throws.TypeOf<LogUnavailableException>());
        Assert.That(_node.HasSaid(Stream));
        NewTopic();
        await StoreAsync("1");
        await ReadsAsync("1");
    }

    [Test]
    public async Task A_claim_that_is_not_ours_is_refused_by_name()
    {
        await _redis.AskAsync("SET", "hub:claim:shop\0poisoned", "junk");
        await _redis.AskAsync("LPUSH", "hub:claim:shop\0list", "junk");
        foreach (var key in new[] { "poisoned", "list" })
        {
            Assert.That(async () => await _node.Log.AppendAsync(Drafts.Keyed(key, "1", _topic), CancellationToken.None),
                Throws.TypeOf<LogUnavailableException>());
            Assert.That(_node.HasSaid($"hub:claim:shop\\u0000{key}"));
        }
        await ReadsAsync();
    }

    [Test]
    public async Task Acknowledged_positions_that_are_not_ours_are_passed_over()
    {
        await StoreAsync("1", "2");
        var user = _topic.Text["user:".Length..];
        var key = $"hub:acknowledged:{{{_topic.Text}}}";
        foreach (var (field, value) in new[] { (_topic.Text, "junk"), ("nonsense", "1-1"), ("user:", "1-1"),
            ("all", "-5--5") }) await _redis.AskAsync("HSET", key, field, value);
        Assert.That(await _node.Log.ReadAcknowledgedAsync(user, CancellationToken.None), Is.Empty);
        var head = (await _node.Log.ReadAsync(_topic, null, new PageLimit(0, 0), CancellationToken.None)).Head;
        Assert.That(await _node.Log.AcknowledgeAsync(user, new Dictionary<Topic, Position> { [_topic] = head }, CancellationToken.None));
        Assert.That((await _node.Log.ReadAcknowledgedAsync(user, CancellationToken.None))[_topic], Is.EqualTo(head));
    }

    [Test]
    public async Task A_live_reader_sees_nothing_of_it()
    {
        var reader = _node.Read(_topic, new StartAt.Earliest());
        await reader.BeginsAsync();
        await StoreAsync("1");
        await _redis.AskAsync("XADD", Stream, "*", "foo", "bar");
        await _redis.AskAsync("SET", Head, "junk");
        await StoreAsync("2");
        await _redis.AskAsync("PUBLISH", $"hub:news:{{{_topic.Text}}}", "junk");
        await StoreAsync("3");
        await reader.GetsAsync("1", "2", "3");
    }

    [Test]
    public async Task A_secret_of_somebody_else_is_refused_by_name()
    {
        await _redis.AskAsync("SET", "hub:secret:test", "short");
        Assert.That(() => SharedSecret.ReadOrMakeAsync(_node.Connection, "hub:secret:test"),
            Throws.TypeOf<RedisUnavailableException>().With.Message.Contains("hub:secret:test").And.Message.Not.Contains("short"));
        var made = await SharedSecret.ReadOrMakeAsync(_node.Connection, "hub:secret:good");
        Assert.That(await SharedSecret.ReadOrMakeAsync(_node.Connection, "hub:secret:good"), Is.EqualTo(made));
    }

    private async Task StoreAsync(params string[] orders)
    {
        foreach (var order in orders) await _node.Log.StoreAsync(Drafts.Of(order, _topic));
    }

    private Task ReadsAsync(params string[] orders) => ReadsAsync(1_000, orders);

    private async Task ReadsAsync(int size, params string[] orders)
    {
        var read = new List<string>();
        for (Position? after = null; ;)
        {
            var page = await _node.Log.ReadAsync(_topic, after, new PageLimit(size, int.MaxValue), CancellationToken.None);
            Assert.That(page.Gap, Is.Null);
            read.AddRange(
                page.Items.Select(
                    item => System.Text.Json.JsonDocument.Parse("{"
                        + System.Text.Encoding.UTF8.GetString(item.Body.Span)).RootElement.GetProperty("orderId").GetString()!));
            if (!page.More) break;
            Assert.That(page.End, Is.Not.EqualTo(after), "a reader must get on");
            after = page.End;
        }
        Assert.That(read, Is.EqualTo(orders));
    }
}
