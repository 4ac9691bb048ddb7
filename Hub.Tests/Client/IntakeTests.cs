using System.Text.Json;
using Realtime.Client;
using Realtime.Client.Feed.Items;

namespace Realtime.Tests.Client;

internal sealed class IntakeTests
{
    private FeedBuffer _buffer = null!;
    private Intake _intake = null!;

    [SetUp]
    public void Begin()
    {
        _buffer = new FeedBuffer(maxCount: 16, maxBytes: 1000);
        _intake = new Intake(_buffer, StartFrom.Unacknowledged);
        _intake.Connected();
    }

    [Test]
    public void Notifications_pass_in_order_and_the_place_to_go_on_follows_them()
    {
        Take(Position("c0"), Order("user:a", 5), Order("user:a", 6), Order("all", 9));
        Assert.That(_intake.After, Is.EqualTo("all-9"));
        Assert.That(Read(), Is.EqualTo(["(c0)", "user:a 5", "user:a 6", "all 9"]));
    }

    [Test]
    public void A_copy_in_another_topic_is_dropped_but_its_position_counts()
    {
        Take(Order("user:a", 1, "x"), Order("group:g", 7, "x"), Order("group:g", 8, "y"));
        Assert.That(Read(), Is.EqualTo(["user:a 1", "(group:g-7)", "group:g 8"]));
    }

    [Test]
    public void A_number_that_was_there_is_dropped()
    {
        Take(Order("user:a", 1), Order("user:a", 2), Order("user:a", 1, "again"), Order("user:a", 3));
        Assert.That(Read(), Is.EqualTo(["user:a 1", "user:a 2", "(user:a-1)", "user:a 3"]));
    }

    [Test]
    public void A_hole_is_read_again_from_before_it()
    {
        Take(Order("user:a", 1), Order("all", 4));
        // The cursor includes the lost items: resuming from it would skip them.
        Assert.That(_intake.Take(Order("user:a", 3)), Is.EqualTo(Verdict.Resubscribe));
        Assert.That(_intake.After, Is.EqualTo("user:a-1"));
        Take(Order("all", 4, "all-4"), Order("user:a", 2), Order("user:a", 3));
        Assert.That(Read().Where(text => text[0] != '('), Is.EqualTo(["user:a 1", "all 4", "user:a 2", "user:a 3"]));
    }

    [Test]
    public void A_hole_that_stays_is_a_gap_and_no_endless_loop()
    {
        Take(Order("user:a", 1));
        Assert.That(_intake.Take(Order("user:a", 3)), Is.EqualTo(Verdict.Resubscribe));
        Assert.That(_intake.Take(Order("user:a", 3)), Is.EqualTo(Verdict.ReadOn));
        Assert.That(Read(), Is.EqualTo(["user:a 1", "gap user:a 1-3 Reset", "user:a 3"]));
        Assert.That(_intake.After, Is.EqualTo("user:a-3"));
    }

    [Test]
    public void A_gap_says_what_comes_next()
    {
        Take(Order("user:a", 1), Gap("user:a", 1, 40, "expired"), Order("user:a", 40));
        Assert.That(Read(), Is.EqualTo(["user:a 1", "gap user:a 1-40 Expired", "user:a 40"]));
    }

    [Test]
    public void Behind_a_reset_numbers_may_go_back_and_what_was_there_does_not_come_twice()
    {
        Take(Order("user:a", 12, "x"), Gap("user:a", 12, 3, "reset"), Order("user:a", 3, "new"), Order("user:a", 4, "x"),
            Order("user:a", 5, "newer"));
        Assert.That(Read(), Is.EqualTo(["user:a 12", "gap user:a 12-3 Reset", "user:a 3", "(user:a-4)", "user:a 5"]));
    }

    [Test]
    public void A_refused_cursor_becomes_a_gap_of_unknown_extent()
    {
        Take(Order("user:a", 12));
        _intake.CursorRefused();
        Assert.That((_intake.After, _intake.HasCursor), Is.EqualTo(((string?)null, false)));
        Take(Position("c1"), Order("user:a", 3));
        Assert.That(Read(), Is.EqualTo(["user:a 12", "(c1)", "gap  - Reset", "user:a 3"]));
    }

    [Test]
    public void Another_connection_may_know_a_topic_from_another_place()
    {
        Take(Order("group:g", 10));
        _intake.Connected();
        Take(Order("group:g", 15));
        Assert.That(Read(), Is.EqualTo(["group:g 10", "group:g 15"]));
    }

    [Test]
    public void Another_position_in_mid_stream_lets_groups_skip_numbers()
    {
        _intake.Subscribed();
        Take(Position("c0"), Order("group:g", 10), Position("c1"), Order("group:g", 15), Order("group:g", 16));
        Assert.That(Read(), Is.EqualTo(["(c0)", "group:g 10", "(c1)", "group:g 15", "group:g 16"]));
    }

    [TestCase("user:a")]
    [TestCase("all")]
    public void Another_position_in_mid_stream_lets_no_other_topic_skip_numbers(string topic)
    {
        _intake.Subscribed();
        Take(Position("c0"), Order(topic, 10), Position("c1"));
        Assert.That(_intake.Take(Order(topic, 12)), Is.EqualTo(Verdict.Resubscribe));
        Assert.That(_intake.After, Is.EqualTo($"{topic}-10"));
    }

    [Test]
    public void A_heartbeat_lets_no_topic_skip_numbers()
    {
        _intake.Subscribed();
        Take(Position("c0"), Order("group:g", 10), Position("group:g-10"));
        Assert.That(_intake.Take(Order("group:g", 12)), Is.EqualTo(Verdict.Resubscribe));
    }

    [Test]
    public void A_hole_that_stays_is_a_gap_also_in_a_group_and_behind_the_first_position()
    {
        _intake.Subscribed();
        Take(Position("c0"), Order("group:g", 1), Order("all", 4));
        Assert.That(_intake.Take(Order("group:g", 3)), Is.EqualTo(Verdict.Resubscribe));
        _intake.Subscribed();
        Take(Position("c1"), Order("group:g", 3));
        Assert.That(Read(), Is.EqualTo(["(c0)", "group:g 1", "all 4", "(c1)", "gap group:g 1-3 Reset", "group:g 3"]));
    }

    [Test]
    public void A_full_buffer_asks_for_a_pause_and_keeps_what_came()
    {
        for (var n = 1; n < 16; n++) Assert.That(_intake.Take(Order("user:a", n)), Is.EqualTo(Verdict.ReadOn));
        Assert.That(_intake.Take(Order("user:a", 16)), Is.EqualTo(Verdict.Pause));
        Assert.That(Read(), Has.Count.EqualTo(16));
    }

    [Test]
    public void A_closing_with_a_position_moves_it()
    {
        Assert.That(
            _intake.Take(new WireItem { Cursor = "c9", Closing = new WireClosing { Reason = "draining" } }), Is.EqualTo(Verdict.Closing));
        Assert.That(_intake.After, Is.EqualTo("c9"));
        Assert.That(_intake.Take(new WireItem { Closing = new WireClosing { Reason = "limit" } }), Is.EqualTo(Verdict.Closing));
        Assert.That(_intake.After, Is.EqualTo("c9"));
    }

    [Test]
    public void An_item_of_an_unknown_kind_is_passed_over()
    {
        Assert.That(_intake.Take(JsonSerializer.Deserialize<WireItem>("""{"news":{"a":1}}""")!), Is.EqualTo(Verdict.ReadOn));
        Assert.That(Read(), Is.Empty);
    }

    [Test]
    public void The_ids_and_topics_that_are_remembered_are_bounded()
    {
        var ids = new RecentIds(3);
        foreach (var id in "abcd") Assert.That(ids.Add($"{id}"));
        Assert.That((ids.Add("d"), ids.Add("b"), ids.Add("a")), Is.EqualTo((false, false, true)));

        var continuity = new Continuity();
        for (var n = 0; n <= FeedLimits.RememberedTopics; n++) continuity.Reached($"group:{n}", 1, "c");
        Assert.That(continuity.Judge("group:0", 1), Is.EqualTo(Succession.Next), "forgotten");
    }

    [Test]
    public void Data_that_is_absent_is_not_data_that_is_null()
    {
        Assert.That(DataOf("""{"id":"x"}""").ValueKind, Is.EqualTo(JsonValueKind.Undefined));
        Assert.That(DataOf("""{"id":"x","data":null}""").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(DataOf("""{"id":"x","data":1.10}""").GetRawText(), Is.EqualTo("1.10"), "as it was sent");

        static JsonElement DataOf(string json) => JsonSerializer.Deserialize<WireItem>(json)!.ToNotification("c").Data;
    }

    [TestCase("2026-11-22T09:00:00Z", "2026-11-22T09:00:00.0000000+00:00")]
    [TestCase("2026-11-22t09:00:00.5z", "2026-11-22T09:00:00.5000000+00:00")]
    [TestCase("2026-11-22T09:00:00.123456789+01:00", "2026-11-22T09:00:00.1234568+01:00")]
    [TestCase("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.0000000+00:00")]
    [TestCase("0000-01-01T00:00:00Z", "0001-01-01T00:00:00.0000000+00:00")]
    public void Times_are_read_as_publishers_may_write_them(string sent, string expected) =>
        Assert.That(SentTime.Parse(sent).ToString("o"), Is.EqualTo(expected));

    private void Take(params WireItem[] items)
    {
        foreach (var item in items) Assert.That(_intake.Take(item), Is.EqualTo(Verdict.ReadOn));
    }

    private List<string> Read()
    {
        var read = new List<string>();
        while (_buffer.TryPeek(out var entry))
        {
            _buffer.Remove();
            read.Add(entry!.Item switch
            {
                null => $"({entry.Cursor})",
                OrderNotification order => $"{order.Topic} {order.Sequence}",
                var gap => FeedReader.Describe(gap),
            });
        }
        return read;
    }

    private static WireItem Position(string cursor) => new() { Cursor = cursor };

    private static WireItem Order(string topic, long sequence, string? id = null) =>
        new() { Cursor = $"{topic}-{sequence}", Topic = topic, Sequence = sequence, Id = id ?? $"{topic}-{sequence}" };

    private static WireItem Gap(string topic, long after, long next, string reason) =>
        new() { Cursor = $"gap-{next}", Gap = new WireGap { Topic = topic, After = after, Next = next, Reason = reason } };
}
