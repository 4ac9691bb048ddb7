using System.Collections.Concurrent;

namespace Realtime.Tests.Faults;

/// <summary>A check that cannot fail proves nothing: these tests break each promise once.</summary>
internal sealed class CheckerTests
{
    private const string Mine = "user:alice", All = "all";

    [Test]
    public void A_recording_in_which_all_went_well_has_no_violation() => Assert.That(Checker.Check(Good()), Is.Empty);

    [Test]
    public void A_notification_that_a_reader_never_got_is_found() =>
        IsFound(recording => Edit(recording, items => items.RemoveAt(1)), "got");

    [Test]
    public void The_last_one_that_a_reader_never_got_is_found() =>
        IsFound(recording => Edit(recording, items => items.RemoveAt(4)), "ended at");

    [Test]
    public void A_notification_that_came_twice_is_found() =>
        IsFound(recording => Edit(recording, items => items.Insert(2, items[1])), "got");

    [Test]
    public void Two_that_came_in_the_wrong_order_are_found() => IsFound(recording => Edit(recording, items => items.Reverse(0, 2)), "got");

    [Test]
    public void A_notification_with_another_text_is_found() =>
        IsFound(recording => Edit(recording, items => items[1] = (Got)items[1] with { Text = "forged" }), "the log says");

    [Test]
    public void A_notification_of_somebody_else_is_found() =>
        IsFound(recording => Edit(recording, items => items.Add(Item("user:bob", 1, "x"))), "none of its topics");

    [Test]
    public void A_gap_where_nothing_is_missing_is_found() =>
        IsFound(recording => Edit(recording, items => items[1] = new Missing(Mine, 1, 3, "expired")), "some of it exists");

    [Test]
    public void A_gap_with_a_wrong_border_is_found() => IsFound(
        recording =>
        {
            recording.Log[Mine].RemoveRange(0, 2);
            Edit(recording, items =>
            {
                items.RemoveRange(0, 2);
                items.Insert(0, new Missing(Mine, 1, 3, "expired"));
            });
        }, "was told of");

    [Test]
    public void A_confirmed_notification_that_is_not_in_the_log_is_found() =>
        IsFound(recording => recording.Log[All].RemoveAt(1), "does not have it there");

    [Test]
    public void A_confirmed_notification_under_another_number_is_found() => IsFound(
        recording => recording.Tries.Enqueue(new Try("order 3", [Mine], 202, "id-order 3", true, [new Place(Mine, 2)])),
        "does not have it there");

    [Test]
    public void A_key_that_was_stored_twice_is_found() =>
        IsFound(recording => recording.Log[Mine].Add(Item(Mine, 4, "order 3")), "more than once");

    [Test]
    public void Two_first_answers_for_one_key_are_found() =>
        IsFound(recording => recording.Tries.Enqueue(recording.Tries.First()), "was the first");

    [Test]
    public void A_number_that_was_left_out_is_found() => IsFound(recording => recording.Log[Mine].RemoveAt(1), "behind");

    [Test]
    public void A_refused_publish_that_is_in_the_log_is_found() => IsFound(
        recording =>
        {
            recording.Log[Mine].Add(Item(Mine, 4, "refused"));
            recording.Tries.Enqueue(new Try("refused", [Mine], 400, null, false, []));
        }, "was refused");

    private static void IsFound(Action<Recording> sabotage, string complaint)
    {
        var recording = Good();
        sabotage(recording);
        Assert.That(Checker.Check(recording), Has.Some.Contains(complaint));
    }

    /// <summary>Five orders: three to alice, two to all; the last was confirmed at the second attempt.</summary>
    private static Recording Good()
    {
        var recording = new Recording();
        recording.Log[Mine] = [Item(Mine, 1, "order 1"), Item(Mine, 2, "order 2"), Item(Mine, 3, "order 3")];
        recording.Log[All] = [Item(All, 1, "order 4"), Item(All, 2, "order 5")];
        foreach (var item in recording.Log.Values.SelectMany(items => items).SkipLast(1))
            recording.Tries.Enqueue(Confirmed(item, duplicate: false));
        recording.Tries.Enqueue(new Try("order 5", [All], 0, null, false, []));
        recording.Tries.Enqueue(Confirmed(recording.Log[All][1], duplicate: true));
        recording.Readers.Enqueue(
            new Read("alice", [Mine, All], new ConcurrentQueue<object>(recording.Log.Values.SelectMany(items => items))));
        return recording;
    }

    private static Got Item(string topic, long sequence, string order) =>
        new(new Place(topic, sequence), $"id-{order}", order, $"{topic} {sequence} {order}");

    private static Try Confirmed(Got item, bool duplicate) => new(item.Order, [item.Place.Topic], 202, item.Id, duplicate, [item.Place]);

    private static void Edit(Recording recording, Action<List<object>> edit)
    {
        var reader = recording.Readers.Single();
        var items = reader.Items.ToList();
        edit(items);
        reader.Items.Clear();
        foreach (var item in items) reader.Items.Enqueue(item);
    }
}
