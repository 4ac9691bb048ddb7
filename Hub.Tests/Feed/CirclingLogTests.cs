using Realtime.Server.Feed.Tails;
using Realtime.Server.Log;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Feed;

/// <summary>A reader never asks a log in an endless loop, whatever the log returns.</summary>
[CancelAfter(30_000)]
internal sealed class CirclingLogTests
{
    private static readonly Topic Alice = Topic.User("alice");
    private static readonly PageLimit Limit = new(10, 1_000);

    [Test]
    public async Task A_page_that_leads_nowhere_is_not_asked_for_again_by_itself(CancellationToken cancel)
    {
        var log = new OddLog(after => new LogPage(after!.Value, null, [], new Position(9, 9)));
        var items = await ReadAsync(log, cancel);
        Assert.That((log.Reads, items.Count), Is.EqualTo((1, 0)));
    }

    [Test]
    public async Task A_gap_that_leads_nowhere_is_no_gap(CancellationToken cancel)
    {
        var log = new OddLog(after => new LogPage(after!.Value, GapReason.Reset, [], new Position(9, 9)));
        Assert.That(await ReadAsync(log, cancel), Is.Empty);
    }

    [Test]
    public async Task A_log_that_leads_in_a_circle_is_left_with_a_reset(CancellationToken cancel)
    {
        // 2 and 3 follow each other endlessly: after 3 a reset leads back to 1.
        var log = new OddLog(after => after!.Value.Sequence == 3
            ? new LogPage(new(1, 1), GapReason.Reset, [At(2)], new Position(9, 9))
            : new LogPage(after.Value, null, [At(after.Value.Sequence + 1)], new Position(9, 9)));
        Assert.That(await ReadAsync(log, cancel), Is.EqualTo(["2", "3", "gap 3-2", "2", "3", "gap 3-10"]));
    }

    private static Notification At(long sequence) => new(new(sequence, sequence), sequence - 1, "\"id\":\"x\"}"u8.ToArray());

    private static async Task<List<string>> ReadAsync(OddLog log, CancellationToken cancel)
    {
        var reader = new TopicCursor(Alice, Limit, new WakeUp());
        reader.StartAfter(new(1, 1));
        var items = new List<string>();
        for (var reads = -1; reads < log.Reads && items.Count < 50;)
        {
            reads = log.Reads;
            await reader.FetchAsync(log, cancel);
            if (reader.TryTakeGap(out var gap, out _)) items.Add($"gap {gap.After}-{gap.Next}");
            for (; reader.TryPeek(out var next); reader.Take(next)) items.Add($"{next.Position.Sequence}");
        }
        return items;
    }

    private sealed class OddLog(Func<Position?, LogPage> answer) : INotificationLog
    {
        public int Reads { get; private set; }

        public ValueTask<LogPage> ReadAsync(Topic topic, Position? after, PageLimit limit, CancellationToken cancel)
        {
            Reads++;
            return new(answer(after));
        }

        public Task<AppendOutcome> AppendAsync(Draft draft, CancellationToken cancel) => throw new NotSupportedException("Only read.");

        public ValueTask<IReadOnlyDictionary<Topic, Position>> ReadAcknowledgedAsync(string user, CancellationToken cancel) =>
            throw new NotSupportedException("Only read.");

        public Task<bool> AcknowledgeAsync(string user, IReadOnlyDictionary<Topic, Position> positions, CancellationToken cancel) =>
            throw new NotSupportedException("Only read.");
    }
}
