using System.Text.RegularExpressions;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Tests.Support;

namespace Realtime.Tests.Log;

/// <summary>The rules for gaps, on every small log. <see cref="LogModelTests"/> holds the stores to the same answers.</summary>
internal sealed partial class GapRulesTests
{
    private const int MostEntries = 4;

    // Far enough apart that no clock's doubt joins two of them.
    private const long Step = 2 * GapRules.ClockDoubt;

    [Test]
    public void A_reader_that_the_log_knows_continues_where_it_is_or_with_the_oldest_that_is_left()
    {
        foreach (var log in Logs())
            foreach (var own in log.All)
            {
                (Position, GapReason?) expected = own.Sequence >= log.Oldest.Sequence ? (own, null) : (log.Oldest, GapReason.Expired);
                Assert.That(GapRules.Continue(own, log), Is.EqualTo(expected), $"{log} after {own}");
            }
    }

    [Test]
    public void A_reader_that_was_ahead_of_a_log_that_lost_its_tail_is_reset_and_loses_nothing_newer()
    {
        foreach (var log in Logs())
            for (var lost = 1; lost <= 2; lost++)
            {
                var own = new Position(log.Head.Sequence + lost, log.Head.Stamp + 1);
                var (start, gap) = GapRules.Continue(own, log);
                Assert.That(gap, Is.EqualTo(GapReason.Reset), $"{log} after {own}");
                var newer = log.Entries.Where(entry => entry.Position.Stamp > own.Stamp - GapRules.ClockDoubt);
                Assert.That(newer.All(entry => entry.Position.Sequence > start.Sequence), $"{log} after {own}: {start}");
            }
    }

    [Test]
    public void A_reader_of_another_entry_with_the_same_number_is_reset()
    {
        foreach (var log in Logs())
            foreach (var entry in log.Entries)
            {
                var own = entry.Position with { Stamp = entry.Position.Stamp + 1 };
                Assert.That(GapRules.After(own, log), Is.EqualTo(GapReason.Reset), $"{log} after {own}");
            }
    }

    [Test]
    public void Without_a_position_it_begins_with_the_oldest_that_is_left()
    {
        foreach (var log in Logs()) Assert.That(GapRules.Continue(null, log), Is.EqualTo((log.Oldest, (GapReason?)null)), $"{log}");
    }

    [Test]
    public void The_script_of_Redis_has_the_same_doubt_about_clocks() =>
        Assert.That(Doubt().Match(File.ReadAllText(Repository.PathOf("Hub.Server/Log/Redis/read.lua"))).Groups[1].Value,
            Is.EqualTo($"{GapRules.ClockDoubt}"));

    /// <summary>Every log of up to a few entries, whose stamps rise or stay, and of which retention has removed the first few.</summary>
    private static IEnumerable<SmallLog> Logs() =>
        from count in Enumerable.Range(0, MostEntries + 1)
        from rises in Enumerable.Range(0, 1 << count)
        from removed in Enumerable.Range(0, count + 1)
        select new SmallLog(count, rises, removed);

    [GeneratedRegex(@"CLOCK_DOUBT = (\d+)")]
    private static partial Regex Doubt();

    private sealed class SmallLog : IRetainedEntries
    {
        private readonly int _removed;

        public SmallLog(int count, int rises, int removed)
        {
            _removed = removed;
            for (var n = 0; n < count; n++)
                All.Add(new Position(n + 1, Math.Max(Step, All[n].Stamp + ((rises >> n) % 2 * Step))));
        }

        /// <summary>Every position there has been, the start included.</summary>
        public List<Position> All { get; } = [Position.Start];

        public IEnumerable<EntryPlace> Entries => All.Skip(_removed + 1).Select(position => At(position.Sequence)!.Value);

        /// <summary>The position right before the oldest that is retained.</summary>
        public Position Oldest => All[_removed];

        public Position Head => All[^1];

        public EntryPlace? First => At(_removed + 1);

        public EntryPlace? At(long sequence) => sequence > _removed && sequence < All.Count
            ? new EntryPlace(All[(int)sequence], All[(int)sequence - 1].Stamp)
            : null;

        public Position BeforeNext(long sequence) => At(Math.Max(sequence, _removed + 1))?.Previous ?? Head;

        public bool IsAnotherAt(Position own) => false;

        public Position BeforeFirstNewerThan(long stamp) =>
            Entries.Where(entry => entry.Position.Stamp > stamp).Select(entry => (Position?)entry.Previous).FirstOrDefault() ?? Head;

        public override string ToString() => $"{string.Join(' ', All)}, {_removed} removed";
    }
}
