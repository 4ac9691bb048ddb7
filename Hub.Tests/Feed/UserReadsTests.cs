using Realtime.Server.Feed;
using Realtime.Server.Feed.Tails;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Tests.Log;
using Realtime.Tests.Support;

namespace Realtime.Tests.Feed;

/// <summary>How much of the log the streams of one user may read in total.</summary>
internal sealed class UserReadsTests
{
    private static readonly LogPage Small = PageOf(100), Large = PageOf(FeedLimits.ReplayBurst);

    [Test]
    public async Task Streams_of_one_user_read_two_at_a_time_and_those_of_others_do_not_wait_for_them()
    {
        using var reads = new UserReads();
        List<TaskCompletionSource<LogPage>> underWay = [];
        ValueTask<LogPage> Held()
        {
            underWay.Add(new());
            return new(underWay[^1].Task);
        }

        var greedy = Enumerable.Range(0, 16).Select(_ => reads.ReadAsync("greedy", Held).AsTask()).ToList();
        Assert.That(underWay, Has.Count.EqualTo(2));
        Assert.That((await reads.ReadAsync("other", () => new(Small))).Items, Has.Count.EqualTo(1));
        underWay[0].SetResult(Small);
        await greedy[0];
        underWay[1].SetException(new LogUnavailableException("The log cannot be read."));
        Assert.That(() => greedy[1], Throws.TypeOf<LogUnavailableException>());
        // A read that waits too long fails, so that its reader retries.
        Assert.That(() => Task.WhenAll(greedy.Skip(4)), Throws.TypeOf<LogUnavailableException>());
        Assert.That(underWay, Has.Count.EqualTo(4));
    }

    [Test]
    public async Task A_user_who_has_had_much_waits_for_more_and_others_do_not()
    {
        using var reads = new UserReads();
        // More than the budget can refill while the test runs.
        var greedy = Enumerable.Range(0, 100).Select(_ => reads.PaceAsync("greedy", Large)).ToList();
        Assert.That(greedy.Count(page => page.IsCompleted), Is.InRange(1, 50));
        Assert.That(reads.PaceAsync("greedy", Small).IsCompleted, "what is small is not counted");
        Assert.That(reads.PaceAsync("other", Large).IsCompleted);
        await greedy[1];
    }

    [Test, CancelAfter(30_000)]
    public async Task A_stream_that_has_had_much_gets_the_rest_when_its_user_may_have_more(CancellationToken cancel)
    {
        var log = new MemoryLog(TimeProvider.System);
        for (var i = 0; i < 3; i++) await log.AppendAsync(Drafts.Of(new string('x', FeedLimits.PacedFrom), TestFeed.Mine), cancel);
        using var reads = new UserReads();
        for (var i = 0; i < 3; i++) _ = reads.PaceAsync("alice", Large);
        var reader = new TopicCursor(TestFeed.Mine, new PageLimit(1, int.MaxValue), new WakeUp(), "alice", reads);
        await reader.StartAtEarliestAsync(log, cancel);
        Assert.That(reader.TryPeek(out var first), "the first page is not held back");
        reader.Take(first!);
        var next = reader.FetchAsync(log, cancel);
        Assert.That(next.IsCompleted, Is.False);
        await next;
        Assert.That(reader.TryPeek(out _));
    }

    private static LogPage PageOf(int bytes)
    {
        var position = new Position(1, 1);
        return new(Position.Start, null, [new Notification(position, 0, new byte[bytes])], position);
    }
}
