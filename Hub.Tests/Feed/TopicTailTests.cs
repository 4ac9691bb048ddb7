using Realtime.Server.Feed;
using Realtime.Server.Feed.Tails;
using Realtime.Server.Log;
using Realtime.Server.Node;
using Realtime.Server.Notifications;
using Realtime.Tests.Support;

namespace Realtime.Tests.Feed;

/// <summary>What a tail keeps, and for how long. Everything that it drops is in the log.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TopicTailTests
{
    private static readonly Topic Topic = Topic.User("alice");

    private readonly FaultyLog _log = new();
    private readonly TailMemory _memory = new();
    private readonly Counts<HoleEvidence> _holes = new();
    private readonly ManualTime _time = new();
    private readonly TopicTail _tail;

    public TopicTailTests() => _tail = new(Topic, _log, _memory, _holes, _time);

    [TestCase(0)]
    [TestCase(1)]
    public async Task What_all_readers_have_is_let_go(int last)
    {
        TopicCursor[] readers = [await JoinAsync(), await JoinAsync()];
        Publish(3);
        Assert.That(await FetchAsync(readers[1 - last]), Is.EqualTo(3));
        Assert.That(_memory.Bytes, Is.GreaterThan(0), "the other one lacks it");
        Assert.That(await FetchAsync(readers[last]), Is.EqualTo(3));
        Assert.That(_memory.Bytes, Is.Zero);
    }

    [Test]
    public async Task What_one_of_them_lacks_is_kept_until_it_leaves()
    {
        var (quick, slow) = (await JoinAsync(), await JoinAsync());
        Publish(3);
        await FetchAsync(quick);
        Assert.That(_memory.Bytes, Is.GreaterThan(0));
        _tail.Remove(slow);
        Publish(1);
        Assert.That(await FetchAsync(quick), Is.EqualTo(1));
        Assert.That(_memory.Bytes, Is.Zero);
    }

    [Test]
    public async Task A_reader_that_has_read_on_in_the_log_holds_nothing_up()
    {
        var reader = await JoinAsync();
        _tail.MayHaveMissed();
        Publish(2);
        Assert.That(await FetchAsync(reader), Is.EqualTo(2), "out of the log: the tail was not sure");
        Publish(1);
        Assert.That(await FetchAsync(reader), Is.EqualTo(1));
        Assert.That(_memory.Bytes, Is.Zero);
    }

    // The lost notification had the number and the stamp of the one that took its place, so the next one seems to follow both.
    [TestCase(1)]
    [TestCase(3)]
    public async Task After_a_doubt_a_reader_asks_the_log_even_if_the_next_announcement_seems_to_follow(int announced)
    {
        var reader = await JoinAsync();
        Publish(2);
        await FetchAsync(reader);
        _tail.MayHaveMissed();
        Publish(announced);
        await ExpectAsync(reader, announced, reads: 1);
        Publish(2);
        await ExpectAsync(reader, 2, reads: 0);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_reader_that_begins_where_the_log_begins_or_ends_reads_it_once(bool atItsEnd)
    {
        _tail.OnAnnouncement(_log.Append(Topic, "before"));
        var reads = _log.Reads;
        var reader = NewReader();
        if (atItsEnd) await reader.StartAtLatestAsync(_log, default);
        else await reader.StartAtEarliestAsync(_log, default);
        Assert.That(await FetchAsync(reader), Is.EqualTo(atItsEnd ? 0 : 1));
        Publish(2);
        Assert.That(await FetchAsync(reader), Is.EqualTo(2));
        Assert.That(_log.Reads - reads, Is.EqualTo(1));
    }

    [Test]
    public async Task With_many_readers_a_tail_keeps_its_newest()
    {
        var readers = new List<TopicCursor>();
        for (var i = 0; i <= FeedLimits.FewReaders; i++) readers.Add(await JoinAsync());
        Publish(3);
        foreach (var reader in readers) Assert.That(await FetchAsync(reader), Is.EqualTo(3));
        Assert.That(_memory.Bytes, Is.GreaterThan(0), "looking at all of them at each step of one would cost too much");
        _tail.Remove(readers[0]);
        Publish(1);
        foreach (var reader in readers[1..]) await FetchAsync(reader);
        Assert.That(_memory.Bytes, Is.Zero);
    }

    [TestCase(FeedLimits.TailCount, 0)]
    [TestCase(FeedLimits.TailCount + 1, 1)]
    public async Task A_tail_keeps_so_many_for_a_reader_that_lags(int behind, int reads)
    {
        var reader = await JoinAsync();
        Publish(behind);
        await ExpectAsync(reader, behind, reads);
    }

    [TestCase(3, 0)]
    [TestCase(4, 1)]
    public async Task And_so_many_bytes(int behind, int reads)
    {
        var reader = await JoinAsync();
        Publish(behind, bodySize: FeedLimits.TailBytes / 3);
        await ExpectAsync(reader, behind, reads);
    }

    [TestCase(1, 0)]
    [TestCase(2, 1)]
    public async Task All_tails_together_keep_so_many_bytes_and_beyond_each_its_newest(int behind, int reads)
    {
        var reader = await JoinAsync();
        _memory.Add(FeedLimits.AllTailsBytes + 1);
        Publish(behind);
        await ExpectAsync(reader, behind, reads);
    }

    [TestCase(false, 0)]
    [TestCase(true, 1)]
    public async Task A_tail_keeps_a_notification_so_long(bool longer, int reads)
    {
        var reader = await JoinAsync();
        Publish(1);
        _time.Advance(longer ? FeedLimits.TailAge : FeedLimits.TailAge - TimeSpan.FromMilliseconds(1));
        _tail.DropOld();
        await ExpectAsync(reader, 1, reads);
    }

    [Test]
    public async Task An_announcement_that_does_not_continue_the_one_before_is_counted()
    {
        await JoinAsync();
        Publish(2);
        var repeated = _log.Append(Topic, "x");
        _tail.OnAnnouncement(repeated);
        _tail.OnAnnouncement(repeated);
        Assert.That(_holes[HoleEvidence.Announcement], Is.Zero);
        _log.Append(Topic, "lost");
        Publish(1);
        Assert.That(_holes[HoleEvidence.Announcement], Is.EqualTo(1));
        _tail.MayHaveMissed();
        Publish(1);
        Assert.That(_holes[HoleEvidence.Announcement], Is.EqualTo(1), "what came before is unknown");
    }

    /// <summary>A reader that is up to date: it has read the log, as every reader must before it takes anything from a tail.</summary>
    private async Task<TopicCursor> JoinAsync()
    {
        var reader = NewReader();
        await reader.StartAtLatestAsync(_log, default);
        await FetchAsync(reader);
        return reader;
    }

    private TopicCursor NewReader()
    {
        var reader = new TopicCursor(Topic, new PageLimit(FeedLimits.PageCount, FeedLimits.PageBytes), new WakeUp()) { Tail = _tail };
        _tail.Add(reader);
        return reader;
    }

    private void Publish(int count, int bodySize = 20)
    {
        var text = new string('x', bodySize - "\"id\":\"\"}".Length);
        for (var i = 0; i < count; i++) _tail.OnAnnouncement(_log.Append(Topic, text));
    }

    /// <summary>Takes all items that have arrived, and returns their number.</summary>
    private async Task<int> FetchAsync(TopicCursor reader)
    {
        await reader.FetchAsync(_log, default);
        var count = 0;
        for (; reader.TryPeek(out var next); count++) reader.Take(next);
        return count;
    }

    private async Task ExpectAsync(TopicCursor reader, int count, int reads)
    {
        var before = _log.Reads;
        Assert.That(await FetchAsync(reader), Is.EqualTo(count));
        Assert.That(_log.Reads - before, Is.EqualTo(reads), "reads of the log");
    }
}
