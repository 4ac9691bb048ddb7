using Realtime.Server.Feed;
using Realtime.Server.Log;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Feed;

/// <summary>What the streams of one user take of the log, together.</summary>
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
        // Whoever waits gives up in the end, and is told to try again.
        Assert.That(() => Task.WhenAll(greedy.Skip(4)), Throws.TypeOf<LogUnavailableException>());
        Assert.That(underWay, Has.Count.EqualTo(4));
    }

    [Test]
    public async Task A_user_who_has_had_much_waits_for_more_and_others_do_not()
    {
        using var reads = new UserReads();
        var greedy = Enumerable.Range(0, 50).Select(_ => reads.ReadAsync("greedy", () => new(Large)).AsTask()).ToList();
        await greedy[0];
        Assert.That((await reads.ReadAsync("other", () => new(Large))).Items, Has.Count.EqualTo(1));
        Assert.That(() => Task.WhenAll(greedy), Throws.TypeOf<LogUnavailableException>(), "200 MB are more than it waits for");
    }

    private static LogPage PageOf(int bytes)
    {
        var position = new Position(1, 1);
        return new(Position.Start, null, [new Notification(position, 0, new byte[bytes])], position);
    }
}
