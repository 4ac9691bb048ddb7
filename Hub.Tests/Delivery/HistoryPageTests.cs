using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Realtime.Server.Delivery;
using Realtime.Server.Feed;
using Realtime.Server.Feed.Tails;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;
using Realtime.Tests.Feed;
using Realtime.Tests.Support;

namespace Realtime.Tests.Delivery;

/// <summary>A page of history while its log fails, and how much of a node's capacity history may take.</summary>
[CancelAfter(30_000)]
internal sealed class HistoryPageTests
{
    private TestFeed _feed = null!;

    [SetUp]
    public void MakeFeed() => _feed = new();

    [TearDown]
    public void RemoveFeed() => _feed.Dispose();

    [Test]
    public async Task A_log_that_fails_in_the_middle_ends_the_page_with_more_to_come(CancellationToken cancel)
    {
        for (var n = 0; n < 4; n++) _feed.Publish(TestFeed.Mine);
        // A read takes one notification, and the first one of each topic is read at the start.
        _feed.Log.FailAfter(reads: _feed.Alice.Topics.Count + 2);
        var first = await PageAsync(new StartAt.Earliest(), cancel);
        var items = first.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("sequence").GetInt64()).ToList();
        Assert.That(items, Is.Not.Empty.And.EqualTo(Enumerable.Range(1, items.Count)));
        Assert.That(items, Has.Count.LessThan(4));
        Assert.That(first.GetProperty("more").GetBoolean(), Is.True);

        _feed.Log.IsUnavailable = false;
        Cursor.TryParse(first.GetProperty("cursor").GetString(), "alice", out var cursor);
        var rest = await PageAsync(new StartAt.After(cursor!), cancel);
        Assert.That(rest.GetProperty("items").EnumerateArray()
            .Select(item => item.GetProperty("sequence").GetInt64()), Is.EqualTo(Enumerable.Range(items.Count + 1, 4 - items.Count)));
        Assert.That(rest.GetProperty("more").GetBoolean(), Is.False);
    }

    [Test]
    public void A_log_that_fails_before_the_first_item_is_a_failure(CancellationToken cancel)
    {
        _feed.Publish(TestFeed.Mine);
        _feed.Log.IsUnavailable = true;
        Assert.That(async () => await PageAsync(new StartAt.Earliest(), cancel), Throws.TypeOf<LogUnavailableException>());
    }

    [Test]
    public void A_user_has_as_many_pages_at_a_time_as_streams()
    {
        using var pages = new PagesUnderWay(new FeedOptions { ConnectionsPerUser = 2 });
        Assert.That((pages.TryBegin("alice"), pages.TryBegin("alice"), pages.TryBegin("alice"), pages.TryBegin("bob")),
            Is.EqualTo((true, true, false, true)));
        pages.End("alice");
        Assert.That((pages.TryBegin("alice"), pages.TryBegin("alice")), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task A_user_that_reads_faster_than_the_pace_waits_and_nobody_else_does(CancellationToken cancel)
    {
        using var pages = new PagesUnderWay(new FeedOptions());
        // More than the budget can refill while the test runs.
        var greedy = Enumerable.Range(0, 100).Select(_ => pages.PaceAsync("alice", PagesUnderWay.Burst, cancel).AsTask()).ToList();
        Assert.That(greedy.Count(page => page.IsCompleted), Is.InRange(1, 50));
        Assert.That(pages.PaceAsync("bob", PagesUnderWay.Burst, cancel).AsTask().IsCompleted, Is.True);
        await greedy[1];
    }

    [Test]
    public async Task Reads_for_history_take_turns_and_do_not_wait_for_ever(CancellationToken cancel)
    {
        var (log, time) = (new HeldLog(), new ManualTime());
        using var reads = new LimitedReads(log, atOnce: 1, time);
        Task<LogPage> Read() => reads.ReadAsync(TestFeed.Mine, null, new(1, 1), cancel).AsTask();
        var (first, second, third) = (Read(), Read(), Read());
        Assert.That(log.UnderWay, Is.EqualTo(1));
        log.GoOn();
        await first;
        await Eventually.True("the second has its turn", () => log.UnderWay == 1, cancel);
        time.Advance(FeedLimits.StoredReadWait);
        Assert.That(async () => await third, Throws.TypeOf<LogUnavailableException>());
        log.GoOn();
        await second;
        var last = Read();
        await Eventually.True("the place of who gave up is free", () => log.UnderWay == 1, cancel);
        log.GoOn();
        await last;
    }

    private async Task<JsonElement> PageAsync(StartAt start, CancellationToken cancel)
    {
        var context = new DefaultHttpContext();
        using var body = new MemoryStream();
        context.Response.Body = body;
        Assert.That(
            await new HistoryPage(context.Response, limit: 100, _ => ValueTask.CompletedTask, _feed.Time).SendAsync(
                _feed.Feed.OpenStored(_feed.Alice, start, pageCount: 1), cancel));
        return JsonDocument.Parse(body.ToArray()).RootElement;
    }

    /// <summary>A log whose reads end when the test completes them.</summary>
    private sealed class HeldLog : INotificationLog
    {
        private readonly Queue<TaskCompletionSource<LogPage>> _reads = new();

        public int UnderWay => _reads.Count;

        public void GoOn() => _reads.Dequeue().SetResult(new(default, null, [], default));

        public ValueTask<LogPage> ReadAsync(
            Topic topic, Position? after, PageLimit limit, CancellationToken cancel)
        {
            _reads.Enqueue(new(TaskCreationOptions.RunContinuationsAsynchronously));
            return new(_reads.Peek().Task);
        }

        public Task<AppendOutcome> AppendAsync(Draft draft, CancellationToken cancel) => throw new NotSupportedException();

        public ValueTask<IReadOnlyDictionary<Topic, Position>> ReadAcknowledgedAsync(string user, CancellationToken cancel) =>
            throw new NotSupportedException();

        public Task<bool> AcknowledgeAsync(
            string user, IReadOnlyDictionary<Topic, Position> positions, CancellationToken cancel) =>
            throw new NotSupportedException();
    }
}
