using Realtime.Server.Feed;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;

namespace Realtime.Tests.Feed;

[CancelAfter(30_000)]
internal sealed class SubscriptionTests
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    [Test]
    public async Task The_first_item_is_where_the_reader_stands()
    {
        using var feed = new TestFeed();
        await using var reader = feed.Open(new StartAt.Latest());
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["position"]));
        Assert.That(Cursor.TryParse(reader.Cursor, "alice", out _));
    }

    [Test]
    public async Task What_was_stored_before_and_what_is_stored_later_come_once_and_in_order()
    {
        using var feed = new TestFeed();
        feed.Publish(TestFeed.Mine);
        feed.Publish(TestFeed.West);
        await using var reader = feed.Open(new StartAt.Earliest());
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["position", "user:alice 1", "group:west 1"]));
        feed.Publish(TestFeed.Mine);
        feed.Publish(Topic.All);
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["user:alice 2", "all 1"]));
    }

    [Test]
    public async Task A_replay_merges_the_topics_by_stamp()
    {
        using var feed = new TestFeed();
        foreach (var topic in new[] { Topic.All, TestFeed.Mine, TestFeed.West, TestFeed.Mine, Topic.All }) feed.Publish(topic);
        await using var reader = feed.Open(new StartAt.Earliest());
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["position", "all 1", "user:alice 1", "group:west 1", "user:alice 2", "all 2"]));
    }

    [Test]
    public async Task A_reader_that_comes_back_with_its_cursor_goes_on_where_it_was()
    {
        using var feed = new TestFeed();
        feed.Publish(TestFeed.Mine);
        string cursor;
        await using (var first = feed.Open(new StartAt.Earliest()))
        {
            await first.DrainAsync();
            cursor = first.Cursor;
        }
        feed.Publish(TestFeed.Mine);
        await using var second = feed.Open(After(cursor));
        Assert.That(await second.DrainAsync(), Is.EqualTo(["position", "user:alice 2"]));
    }

    [Test]
    public async Task A_topic_that_the_cursor_does_not_name_starts_at_its_latest()
    {
        using var feed = new TestFeed();
        feed.Publish(TestFeed.Mine);
        feed.Publish(TestFeed.West);
        await using var reader = feed.Open(After(Cursor.Format([(TestFeed.Mine, Position.Start)])));
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["position", "user:alice 1"]));
    }

    [Test]
    public async Task Without_a_cursor_a_reader_gets_what_is_not_acknowledged()
    {
        using var feed = new TestFeed();
        var seen = feed.Publish(TestFeed.Mine);
        feed.Publish(TestFeed.Mine);
        feed.Publish(TestFeed.West);
        await feed.Log.AcknowledgeAsync("alice", new Dictionary<Topic, Position> { [TestFeed.Mine] = seen.Position }, default);
        await using var reader = feed.Open(new StartAt.Unacknowledged());
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["position", "user:alice 2", "group:west 1"]));
    }

    [Test]
    public async Task What_retention_removed_is_announced_as_a_gap_with_its_borders()
    {
        using var feed = new TestFeed();
        for (var i = 0; i < 9; i++) feed.Publish(TestFeed.Mine);
        feed.Log.Trim(TestFeed.Mine, keep: 2);
        await using var reader = feed.Open(After(Cursor.Format([(TestFeed.Mine, Position.Start)])));
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["position", "gap user:alice 0-8 Expired", "user:alice 8", "user:alice 9"]));
    }

    [Test]
    public async Task All_that_is_retained_is_not_a_gap()
    {
        using var feed = new TestFeed();
        for (var i = 0; i < 9; i++) feed.Publish(TestFeed.Mine);
        feed.Log.Trim(TestFeed.Mine, keep: 1);
        await using var reader = feed.Open(new StartAt.Earliest());
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["position", "user:alice 9"]));
    }

    [Test]
    public async Task A_connected_reader_learns_that_the_log_was_rewound()
    {
        using var feed = new TestFeed();
        for (var i = 0; i < 5; i++) feed.Publish(TestFeed.Mine);
        await using var reader = feed.Open(new StartAt.Latest());
        await reader.DrainAsync();
        feed.Log.Rewind(TestFeed.Mine, lose: 3);
        feed.Publish(TestFeed.Mine);
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["gap user:alice 5-1 Reset", "user:alice 1", "user:alice 2", "user:alice 3"]));
    }

    [Test]
    public async Task A_lost_announcement_is_repaired_by_the_next()
    {
        using var feed = new TestFeed();
        await using var reader = feed.Open(new StartAt.Latest());
        await reader.DrainAsync();
        feed.Log.Append(TestFeed.Mine);
        Assert.That(await reader.DrainAsync(), Is.Empty, "nobody has said anything");
        feed.Publish(TestFeed.Mine);
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["user:alice 1", "user:alice 2"]));
    }

    [Test]
    public async Task Doubled_swapped_and_invented_announcements_change_nothing()
    {
        using var feed = new TestFeed();
        await using var reader = feed.Open(new StartAt.Latest());
        await reader.DrainAsync();
        var first = feed.Log.Append(TestFeed.Mine);
        var second = feed.Log.Append(TestFeed.Mine);
        feed.Announce(TestFeed.Mine, second);
        feed.Announce(TestFeed.Mine, first);
        feed.Announce(TestFeed.Mine, second);
        feed.Announce(TestFeed.Mine, second with { Position = new Position(1000, second.Position.Stamp + 1_000_000) });
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["user:alice 1", "user:alice 2"]));
        feed.Publish(TestFeed.Mine);
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["user:alice 3"]));
    }

    [Test]
    public async Task A_reader_far_behind_reads_the_log_page_by_page_and_then_goes_live()
    {
        using var feed = new TestFeed();
        for (var i = 0; i < FeedLimits.PageCount * 3; i++) feed.Log.Append(TestFeed.Mine);
        await using var reader = feed.Open(new StartAt.Earliest());
        Assert.That(await reader.DrainAsync(), Has.Count.EqualTo(1 + (FeedLimits.PageCount * 3)));
        feed.Publish(TestFeed.Mine);
        Assert.That(await reader.DrainAsync(), Is.EqualTo([$"user:alice {(FeedLimits.PageCount * 3) + 1}"]));
    }

    [Test]
    public async Task Live_notifications_cost_no_read_of_the_log()
    {
        using var feed = new TestFeed();
        await using var reader = feed.Open(new StartAt.Latest());
        feed.Publish(TestFeed.Mine);
        await reader.DrainAsync();
        var before = feed.Log.Reads;
        for (var i = 0; i < 50; i++)
        {
            feed.Publish(TestFeed.Mine);
            Assert.That(await reader.DrainAsync(), Has.Count.EqualTo(1));
        }
        Assert.That(feed.Log.Reads, Is.EqualTo(before));
    }

    [Test]
    public async Task Silence_is_broken_by_a_heartbeat()
    {
        using var feed = new TestFeed();
        await using var reader = feed.Open(new StartAt.Latest(), Heartbeat);
        await reader.DrainAsync();
        feed.Time.Advance(Heartbeat - TimeSpan.FromSeconds(1));
        feed.Publish(TestFeed.Mine);
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["user:alice 1"]));
        feed.Time.Advance(Heartbeat - TimeSpan.FromSeconds(1));
        Assert.That(await reader.DrainAsync(), Is.Empty, "it was not silent for so long");
        feed.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["position"]));
    }

    [Test]
    public async Task A_stream_ends_two_seconds_before_its_token()
    {
        using var feed = new TestFeed();
        feed.Alice.ExpiresAt = feed.Time.GetUtcNow() + TimeSpan.FromMinutes(1);
        await using var reader = feed.Open(new StartAt.Latest());
        await reader.DrainAsync();
        feed.Time.Advance(TimeSpan.FromSeconds(57.9));
        Assert.That(await reader.DrainAsync(), Is.Empty);
        feed.Time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["closing TokenExpired"]));
        Assert.That(await reader.NextAsync(), Is.Null);
    }

    [Test]
    public async Task A_renewed_token_lets_the_stream_go_on()
    {
        using var feed = new TestFeed();
        feed.Alice.ExpiresAt = feed.Time.GetUtcNow() + TimeSpan.FromMinutes(1);
        var connection = feed.Connect();
        await using var reader = feed.Open(connection, new StartAt.Latest());
        await reader.DrainAsync();
        connection.Prolong(connection.Caller with { ExpiresAt = feed.Alice.ExpiresAt + TimeSpan.FromMinutes(1) });
        feed.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.That(await reader.DrainAsync(), Is.Empty);
        feed.Time.Advance(TimeSpan.FromSeconds(58));
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["closing TokenExpired"]));
    }

    [Test]
    public async Task A_log_that_cannot_be_read_at_the_start_sends_the_reader_away()
    {
        using var feed = new TestFeed();
        feed.Log.IsUnavailable = true;
        await using var reader = feed.Open(new StartAt.Latest());
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["closing Unavailable"]));
    }

    [Test]
    public async Task A_connected_reader_outlives_a_log_that_cannot_be_read()
    {
        using var feed = new TestFeed();
        await using var reader = feed.Open(new StartAt.Latest(), Heartbeat);
        await reader.DrainAsync();
        feed.Log.IsUnavailable = true;
        feed.Log.Append(TestFeed.Mine);
        feed.Publish(TestFeed.Mine);
        feed.Time.Advance(Heartbeat);
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["position"]), "it hears that it is connected");
        feed.Log.IsUnavailable = false;
        feed.Time.Advance(FeedLimits.LogRetry);
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["user:alice 1", "user:alice 2"]));
    }

    [Test]
    public async Task One_connection_too_many_is_told_so()
    {
        using var feed = new TestFeed(connectionsPerUser: 1);
        await using var first = feed.Open(new StartAt.Latest());
        await using var second = feed.Open(new StartAt.Latest());
        Assert.That(await second.DrainAsync(), Is.EqualTo(["closing Limit"]));
        Assert.That(await first.DrainAsync(), Is.EqualTo(["position"]));
    }

    [Test]
    public async Task A_node_that_drains_sends_everybody_away_and_newcomers_at_once()
    {
        using var feed = new TestFeed();
        await using var connected = feed.Open(new StartAt.Latest());
        await connected.DrainAsync();
        var draining = feed.Feed.DrainAsync(TimeSpan.Zero, CancellationToken.None);
        Assert.That(await connected.DrainAsync(), Is.EqualTo(["closing Draining"]));
        await using var late = feed.Open(new StartAt.Latest());
        Assert.That(await late.DrainAsync(), Is.EqualTo(["closing Draining"]));
        feed.Time.Advance(TimeSpan.FromMinutes(1));
        await draining.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Test]
    public async Task A_reader_with_an_unreadable_past_is_told_that_its_continuity_is_unknown()
    {
        using var feed = new TestFeed();
        feed.Publish(TestFeed.Mine);
        await using var reader = feed.Open(new StartAt.Unknown());
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["position", "gap  - Reset", "user:alice 1"]));
    }

    [Test]
    public async Task What_is_stored_is_read_to_its_end_without_waiting()
    {
        using var feed = new TestFeed();
        feed.Publish(TestFeed.Mine);
        await using var reader = new TestReader(feed.Feed.OpenStored(feed.Alice, new StartAt.Earliest(), pageCount: 1));
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["position", "user:alice 1"]));
        Assert.That(await reader.NextAsync(), Is.Null);
    }

    private static StartAt.After After(string cursor) => Cursor.TryParse(cursor, "alice", out var parsed)
        ? new StartAt.After(parsed)
        : throw new ArgumentException("Not a cursor.", nameof(cursor));
}
