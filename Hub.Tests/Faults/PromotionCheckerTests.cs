using System.Collections.Concurrent;

namespace Realtime.Tests.Faults;

/// <summary>A check that cannot fail proves nothing: these tests break each promise of a promotion once.</summary>
internal sealed class PromotionCheckerTests
{
    private const string Mine = "user:alice";

    [Test]
    public void A_loss_that_the_reader_was_told_of_is_no_violation()
    {
        Assert.That(PromotionChecker.Check(Promoted()), Is.Empty);
        Assert.That(PromotionChecker.Lost(Promoted()).Select(it => it.Order), Is.EqualTo(["lost"]));
    }

    [Test]
    public void A_loss_that_the_reader_was_not_told_of_is_found() =>
        IsFound(items => items.RemoveAt(2), "lost confirmed orders, and alice was told of 0 resets");

    [Test]
    public void A_reset_without_a_loss_is_found() => Assert.That(
        PromotionChecker.Check(Promoted(confirmed: ["one"])), Has.Some.Contains("lost nothing, and alice was told of 1 resets"));

    [Test]
    public void An_entry_of_the_log_that_the_reader_never_got_is_found() => IsFound(items => items.RemoveAt(3), "never got");

    [Test]
    public void An_entry_that_is_left_out_is_found() => IsFound(items => items.RemoveAt(0), "got");

    [Test]
    public void A_reset_with_a_wrong_border_is_found() => IsFound(items => items[2] = new Missing(Mine, 1, 2, "reset"), "was told of");

    [Test]
    public void A_gap_of_another_kind_is_found() =>
        IsFound(items => items[2] = new Missing(Mine, 2, 2, "expired"), "retention removed nothing");

    private static void IsFound(Action<List<object>> spoil, string reason)
    {
        var recording = Promoted(spoil: spoil);
        Assert.That(PromotionChecker.Check(recording), Has.Some.Contains(reason));
    }

    /// <summary>"one" is kept. "lost" was number 2, until a replica was promoted that did not have it; then number 2 is "new".</summary>
    private static Recording Promoted(string[]? confirmed = null, Action<List<object>>? spoil = null)
    {
        var recording = new Recording { Log = { [Mine] = [Item(1, "one"), Item(2, "new")] } };
        foreach (var order in confirmed ?? ["one", "lost"])
        {
            var number = order == "one" ? 1 : 2;
            recording.Tries.Enqueue(new Try(order, [Mine], 202, $"id of {order}", false, [new Place(Mine, number)]));
        }
        List<object> items = [Item(1, "one"), Item(2, "lost"), new Missing(Mine, 2, 2, "reset"), Item(2, "new")];
        spoil?.Invoke(items);
        recording.Readers.Enqueue(new Read("alice", [Mine], new ConcurrentQueue<object>(items)));
        return recording;
    }

    private static Got Item(long number, string order) => new(new Place(Mine, number), $"id of {order}", order, order);
}
