using Realtime.Server.Feed;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;
using Realtime.Server.Security;

namespace Realtime.Tests.Feed;

/// <summary>What a stream does when its connection gets the access of another token.</summary>
[CancelAfter(30_000)]
internal sealed class RefreshTests
{
    private static readonly Topic East = Topic.Group("east");

    private TestFeed _feed = null!;
    private UserConnection _connection = null!;

    [SetUp]
    public void Connect()
    {
        _feed = new();
        _connection = _feed.Connect();
    }

    [TearDown]
    public void Disconnect()
    {
        _connection.Dispose();
        _feed.Dispose();
    }

    [Test]
    public async Task A_position_says_that_other_topics_count_now_and_those_that_stay_go_on()
    {
        foreach (var topic in new[] { TestFeed.Mine, TestFeed.West, East, Topic.All }) _feed.Publish(topic);
        await using var reader = _feed.Open(_connection, new StartAt.Earliest());
        await reader.DrainAsync();
        var refreshed = _connection.RefreshAsync(Alice(East));
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["position"]));
        Assert.That(await refreshed);

        foreach (var topic in new[] { TestFeed.Mine, TestFeed.West, East, Topic.All }) _feed.Publish(topic);
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["user:alice 2", "group:east 2", "all 2"]));
        await using var next = _feed.Open(_feed.Connect(), After(reader.Cursor));
        Assert.That(await next.DrainAsync(), Is.EqualTo(["position"]), "the cursor names no topic that was lost");
    }

    [Test]
    public async Task What_was_fetched_and_not_delivered_of_a_topic_that_is_gone_never_comes()
    {
        await using var reader = _feed.Open(_connection, new StartAt.Latest());
        await reader.DrainAsync();
        for (var i = 0; i < 3; i++) _feed.Publish(TestFeed.West);
        _feed.Publish(TestFeed.Mine);
        Assert.That(await reader.NextAsync(), Is.EqualTo("group:west 1"));
        var refreshed = _connection.RefreshAsync(Alice());
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["position", "user:alice 1"]));
        Assert.That(await refreshed);
    }

    [Test]
    public async Task Topics_that_stay_lose_nothing_that_was_stored_around_the_change()
    {
        await using var reader = _feed.Open(_connection, new StartAt.Latest());
        await reader.DrainAsync();
        _feed.Publish(TestFeed.Mine);
        _feed.Publish(TestFeed.Mine);
        Assert.That(await reader.NextAsync(), Is.EqualTo("user:alice 1"));
        var refreshed = _connection.RefreshAsync(Alice(TestFeed.West, East));
        _feed.Publish(TestFeed.West);
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["position", "user:alice 2", "group:west 1"]));
        Assert.That(await refreshed);
    }

    [Test]
    public async Task The_same_topics_in_another_order_are_no_change()
    {
        var (west, east) = (Alice(TestFeed.West, East), Alice(East, TestFeed.West));
        Assert.That(await _connection.RefreshAsync(west));
        await using var reader = _feed.Open(_connection, new StartAt.Latest());
        await reader.DrainAsync();
        Assert.That(await _connection.RefreshAsync(east));
        Assert.That(await reader.DrainAsync(), Is.Empty);
    }

    [Test]
    public async Task A_topic_that_returns_begins_at_its_latest()
    {
        await using var reader = _feed.Open(_connection, new StartAt.Latest());
        await reader.DrainAsync();
        await RefreshAsync(reader, Alice());
        _feed.Publish(TestFeed.West);
        await RefreshAsync(reader, Alice(TestFeed.West));
        _feed.Publish(TestFeed.West);
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["group:west 2"]));
    }

    [Test]
    public async Task Groups_that_a_token_does_not_list_keep_their_place_until_one_does()
    {
        await using var reader = _feed.Open(_connection, new StartAt.Latest());
        await reader.DrainAsync();
        await RefreshAsync(reader, Alice() with { GroupsAreUnknown = true });
        _feed.Publish(TestFeed.West);
        Assert.That(await reader.DrainAsync(), Is.Empty);
        var refreshed = _connection.RefreshAsync(Alice(TestFeed.West));
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["position", "group:west 1"]));
        Assert.That(await refreshed);
    }

    [Test]
    public async Task Without_a_subscription_it_counts_for_the_next_one()
    {
        Assert.That(await _connection.RefreshAsync(Alice(East)));
        await using var reader = _feed.Open(_connection, new StartAt.Latest());
        await reader.DrainAsync();
        _feed.Publish(TestFeed.West);
        _feed.Publish(East);
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["group:east 1"]));
    }

    [Test]
    public async Task A_subscription_that_opens_during_a_refresh_has_it_too()
    {
        await using var first = _feed.Open(_connection, new StartAt.Latest());
        await first.DrainAsync();
        var refreshed = _connection.RefreshAsync(Alice(East));
        await using var second = _feed.Open(_connection, new StartAt.Latest());
        await first.DrainAsync();
        Assert.That(await ReadUntilAsync(second, refreshed), Is.Not.Empty.And.All.EqualTo("position"));
        Assert.That(await refreshed);
        _feed.Publish(TestFeed.West);
        _feed.Publish(East);
        Assert.That(await second.DrainAsync(), Is.EqualTo(["group:east 1"]));
    }

    [Test]
    public async Task Of_several_the_last_counts_and_none_is_lost()
    {
        await using var reader = _feed.Open(_connection, new StartAt.Latest());
        await reader.DrainAsync();
        Task<bool>[] refreshed = [.. new[] { Alice(East), Alice(), Alice(East) }.Select(_connection.RefreshAsync)];
        Assert.That(await ReadUntilAsync(reader, Task.WhenAll(refreshed)), Is.EqualTo(["position", "position", "position"]));
        Assert.That(await Task.WhenAll(refreshed), Is.All.True);
        _feed.Publish(East);
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["group:east 1"]));
    }

    // Whoever is told before the subscription has the reader compares the next change with the reader before.
    [Test]
    public void A_change_that_cannot_be_given_up_any_more_is_done_only_when_the_subscription_has_it()
    {
        using var change = new ReaderChange(_feed.Alice, _feed.Time);
        Assert.That(change.TryDecide());
        _feed.Time.Advance(FeedLimits.ChangePatience);
        Assert.That(change.IsDone.IsCompleted, Is.False);
        change.Succeed();
        Assert.That(change.IsDone.Result);
        Assert.That(change.TryDecide(), Is.False);
    }

    [TestCase(-1, TestName = "An earlier end counts")]
    [TestCase(1, TestName = "A later end counts")]
    public async Task The_last_token_says_when_the_stream_ends(int minutes)
    {
        var end = _feed.Time.GetUtcNow().AddMinutes(5);
        Assert.That(await _connection.RefreshAsync(Alice(TestFeed.West) with { ExpiresAt = end }));
        await using var reader = _feed.Open(_connection, new StartAt.Latest());
        await reader.DrainAsync();
        Assert.That(await _connection.RefreshAsync(Alice(TestFeed.West) with { ExpiresAt = end.AddMinutes(minutes) }));
        await reader.DrainAsync();
        _feed.Time.Advance(TimeSpan.FromMinutes(5 + minutes) - FeedLimits.ExpiryNotice - TimeSpan.FromMilliseconds(1));
        Assert.That(await reader.DrainAsync(), Is.Empty);
        _feed.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["closing TokenExpired"]));
    }

    [Test]
    public async Task After_a_refresh_an_older_token_that_lasts_longer_prolongs_nothing()
    {
        var now = _feed.Time.GetUtcNow();
        Assert.That(await _connection.RefreshAsync(Alice() with { ExpiresAt = now.AddMinutes(1), IssuedAt = now }));
        _connection.Prolong(Alice() with { ExpiresAt = now.AddHours(1), IssuedAt = now.AddMinutes(-1) });
        Assert.That(_connection.Reader.ExpiresAt, Is.EqualTo(now.AddMinutes(1)));
    }

    [Test]
    public async Task If_the_store_cannot_be_read_nothing_has_changed()
    {
        await using var reader = _feed.Open(_connection, new StartAt.Latest());
        await reader.DrainAsync();
        _feed.Log.IsUnavailable = true;
        var refreshed = _connection.RefreshAsync(Alice(East));
        Assert.That(await reader.DrainAsync(), Is.Empty);
        Assert.That(await refreshed, Is.False);
        _feed.Log.IsUnavailable = false;
        Assert.That(_connection.Caller.Topics, Does.Contain(TestFeed.West));
        _feed.Publish(East);
        _feed.Publish(TestFeed.West);
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["group:west 1"]));
    }

    [Test]
    public async Task If_the_reader_takes_nothing_it_is_given_up_and_nothing_has_changed()
    {
        await using var reader = _feed.Open(_connection, new StartAt.Latest());
        await reader.DrainAsync();
        _feed.Publish(TestFeed.West);
        Assert.That(await reader.NextAsync(), Is.EqualTo("group:west 1"));   // and is not done with it
        var refreshed = _connection.RefreshAsync(Alice(East));
        _feed.Time.Advance(FeedLimits.ChangePatience);
        Assert.That(await refreshed, Is.False);
        _feed.Publish(TestFeed.West);
        _feed.Publish(East);
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["group:west 2"]));
    }

    [Test]
    public async Task A_stream_that_has_ended_hinders_no_refresh()
    {
        var reader = _feed.Open(_connection, new StartAt.Latest());
        await reader.DrainAsync();
        await reader.DisposeAsync();
        Assert.That(await _connection.RefreshAsync(Alice(East)));
    }

    [Test]
    public void A_connection_stays_with_its_user() => Assert.That(
        () => _connection.RefreshAsync(Alice() with { User = "eve" }), Throws.ArgumentException);

    private async Task RefreshAsync(TestReader reader, Caller caller)
    {
        var refreshed = _connection.RefreshAsync(caller);
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["position"]));
        Assert.That(await refreshed);
    }

    private static async Task<List<string>> ReadUntilAsync(TestReader reader, Task done)
    {
        var items = new List<string>();
        while (!done.IsCompleted) items.AddRange(await reader.DrainAsync());
        return [.. items, .. await reader.DrainAsync()];
    }

    private static Caller Alice(params Topic[] groups) =>
        new("alice", [TestFeed.Mine, .. groups, Topic.All], DateTimeOffset.MaxValue, IsPublisher: false, IsAdmin: false);

    private static StartAt.After After(string cursor)
    {
        Assert.That(Cursor.TryParse(cursor, "alice", out var parsed));
        return new StartAt.After(parsed!);
    }
}
