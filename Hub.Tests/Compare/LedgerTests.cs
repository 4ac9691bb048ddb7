using Realtime.Compare.Load;
using Realtime.Tests.Support;

namespace Realtime.Tests.Compare;

internal sealed class LedgerTests
{
    private readonly ManualTime _time = new();

    [Test]
    public void Latency_counts_from_when_it_was_due()
    {
        var ledger = new Ledger(1, _time);
        ledger.Expect(0, _time.GetTimestamp(), [0]);
        _time.Advance(TimeSpan.FromMilliseconds(40));
        ledger.Receive(0, new(1, 0));
        Assert.That(ledger.Balance().Latency.Max, Is.EqualTo(40_000));
    }

    [Test]
    public void What_is_lost_doubled_or_astray_is_counted_delivery_by_delivery()
    {
        var ledger = new Ledger(1, _time);
        ledger.Expect(0, 0, [0, 1]);
        ledger.Expect(1, 0, [0]);
        ledger.Receive(0, new(1, 0));
        ledger.Receive(0, new(1, 0));
        ledger.Receive(0, new(1, 0));
        ledger.Receive(1, new(1, 1));
        ledger.Receive(1, new(2, 0));   // of another run: not counted
        ledger.Close();
        var balance = ledger.Balance();
        Assert.Multiple(() =>
        {
            Assert.That(balance.Lost, Is.EqualTo(2));
            Assert.That(balance.Doubled, Is.EqualTo(2));
            Assert.That(balance.Astray, Is.EqualTo(1));
            Assert.That(balance.Latency.Count, Is.EqualTo(1), "a repeat has no latency");
            Assert.That(ledger.Complete.IsCompleted, Is.False);
        });
    }

    [Test]
    public void It_is_complete_when_everything_is_published_and_received()
    {
        var ledger = new Ledger(1, _time);
        ledger.Expect(0, 0, [0]);
        ledger.Expect(1, 0, [0]);
        ledger.Receive(0, new(1, 0));
        ledger.Close();
        Assert.That(ledger.Complete.IsCompleted, Is.False);
        ledger.Withdraw(1, [0]);
        Assert.That(ledger.Complete.IsCompleted, Is.True, "what the server did not confirm needs not come");
        Assert.That(ledger.Balance().Lost, Is.Zero);

        ledger.Receive(0, new(1, 1));
        Assert.That(ledger.Balance().Astray, Is.Zero, "not confirmed may still be stored");
        Assert.That(ledger.Balance().Latency.Count, Is.EqualTo(1), "but has no latency");
        ledger.Receive(0, new(1, 1));
        Assert.That(ledger.Balance().Doubled, Is.EqualTo(1), "and not twice");
    }
}
