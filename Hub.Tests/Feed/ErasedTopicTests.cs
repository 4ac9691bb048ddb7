using Realtime.Server.Feed;

namespace Realtime.Tests.Feed;

/// <summary>Copies of an erased topic in a node's memory: a reader gets none that it was not handed before.</summary>
internal sealed class ErasedTopicTests
{
    private TestFeed _feed = null!;

    [SetUp]
    public void Open() => _feed = new();

    [TearDown]
    public void Close() => _feed.Dispose();

    [Test]
    public async Task A_reader_that_had_fetched_more_gets_a_gap_instead()
    {
        await using var reader = _feed.Open(new StartAt.Latest());
        await reader.DrainAsync();
        for (var n = 0; n < 3; n++) _feed.Publish(TestFeed.Mine);
        _feed.Publish(TestFeed.West);
        Assert.That(await reader.NextAsync(), Is.EqualTo("user:alice 1"), "it has fetched all three");
        Erase(3);
        Assert.That(await reader.DrainAsync(), Is.EquivalentTo(["gap user:alice 1-4 Expired", "group:west 1"]));
        _feed.Publish(TestFeed.Mine);
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["user:alice 4"]));
    }

    [Test]
    public async Task A_reader_at_the_head_gets_nothing()
    {
        await using var reader = _feed.Open(new StartAt.Latest());
        await reader.DrainAsync();
        for (var n = 0; n < 3; n++) _feed.Publish(TestFeed.Mine);
        Assert.That(await reader.DrainAsync(), Has.Count.EqualTo(3));
        Erase(3);
        Assert.That(await reader.DrainAsync(), Is.Empty);
    }

    [Test]
    public async Task An_announcement_that_comes_late_is_not_kept()
    {
        await using var reader = _feed.Open(new StartAt.Latest());
        await reader.DrainAsync();
        var late = _feed.Log.Append(TestFeed.Mine);
        Erase(1);
        Assert.That(await reader.DrainAsync(), Is.EqualTo(["gap user:alice 0-2 Expired"]));
        _feed.Announce(TestFeed.Mine, late);
        Assert.That(await reader.DrainAsync(), Is.Empty);
    }

    private void Erase(long upTo)
    {
        _feed.Log.Trim(TestFeed.Mine, keep: 0);
        _feed.Tails.Erase(TestFeed.Mine, upTo);
    }
}
