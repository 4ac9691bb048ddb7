using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Tests.Support;

namespace Realtime.Tests.Log;

/// <summary>
/// A clock that was wrong once, or is set while the server runs: the embedded store removes nothing too early, and keeps nothing for years.
/// </summary>
[CancelAfter(60_000)]
internal sealed class WrongClockTests
{
    private static readonly TimeSpan Age = TimeSpan.FromHours(2), Years = TimeSpan.FromDays(3 * 365);
    private static readonly Topic Alice = Topic.User("alice"), Bob = Topic.User("bob");
    private static readonly PageLimit Everything = new(int.MaxValue, int.MaxValue);

    private ManualTime _time = null!;
    private SqliteStore _store = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        _time = new ManualTime();
        _store = await SqliteStore.OpenAsync(new() { Age = Age }, _time, indexDue: 1);
    }

    [TearDown]
    public async Task CloseAsync() => await _store.DisposeAsync();

    [TestCase(true)]
    [TestCase(false)]
    public async Task Stamps_of_a_clock_that_was_ahead_do_not_switch_retention_off(bool restarts, CancellationToken cancel)
    {
        // The server started with the wrong time, or its clock was set wrong while it ran.
        if (restarts) await StepWhileClosedAsync(Years);
        else _time.StepTo(_time.GetUtcNow() + Years);
        await StoreAsync(Alice, cancel);
        if (restarts) await StepWhileClosedAsync(-Years);
        else _time.StepTo(_time.GetUtcNow() - Years);
        await StoreAsync(Alice, cancel);
        await StoreAsync(Bob, cancel);
        await PassAsync(Age / 2);
        await StoreAsync(Alice, cancel);
        await HasAsync(Alice, [1, 2, 3], "none has reached its age", cancel);
        await PassAsync(Age * 0.6);
        await HasAsync(Alice, [3], "the first two are too old", cancel);
        await HasAsync(Bob, [], "other topics too", cancel);
        await PassAsync(Age * 0.5);
        await HasAsync(Alice, [], "and what came later", cancel);
        Assert.That(_store.Count("SELECT count(*) FROM clock WHERE entry < (SELECT ifnull(min(id), 1000) FROM entries)"), Is.Zero,
            "notes go with their entries");
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_clock_that_was_minutes_ahead_breaks_neither_the_order_nor_cursors(bool restarts, CancellationToken cancel)
    {
        var minutes = TimeSpan.FromMinutes(7);
        var topic = Topic.User("carol");
        await StoreAsync(topic, cancel);
        await StepAsync(minutes);
        await StoreAsync(topic, cancel);
        await StoreAsync(topic, cancel);
        var ahead = await _store.Log.ReadAsync(topic, null, Everything, cancel);
        await StepAsync(-minutes);
        await StoreAsync(topic, cancel);
        await StoreAsync(topic, cancel);

        await HasAsync(topic, [1, 2, 3, 4, 5], "all are young", cancel);
        foreach (var item in ahead.Items)
        {
            var rest = await _store.Log.ReadAsync(topic, item.Position, Everything, cancel);
            Assert.That((rest.Gap, rest.Items.Select(it => it.Position.Sequence)),
                Is.EqualTo(((GapReason?)null, Enumerable.Range((int)item.Position.Sequence + 1, 5 - (int)item.Position.Sequence))));
        }
        await PassAsync(Age * 0.9);
        await StoreAsync(topic, cancel);
        await HasAsync(topic, [1, 2, 3, 4, 5, 6], "none has reached its age", cancel);
        await PassAsync(Age * 0.2);
        await HasAsync(topic, [6], "the others have, also those that were stamped ahead", cancel);

        Task StepAsync(TimeSpan by)
        {
            if (restarts) return StepWhileClosedAsync(by);
            _time.StepTo(_time.GetUtcNow() + by);
            return Task.CompletedTask;
        }
    }

    [Test]
    public async Task A_topic_whose_stamps_are_ahead_keeps_what_is_young(CancellationToken cancel)
    {
        await StepWhileClosedAsync(Years);
        await StoreAsync(Alice, cancel);
        await StepWhileClosedAsync(-Years);
        for (var i = 2; i <= 12; i++)
        {
            await PassAsync(Age / 4);
            await StoreAsync(Alice, cancel);
        }
        // Each was stored a quarter of the age after the one before.
        await HasAsync(Alice, [9, 10, 11, 12], "retention goes on although all have one stamp", cancel, atLeast: [10, 11, 12]);
    }

    [TestCase(1)]
    [TestCase(-1)]
    public async Task A_clock_that_is_set_makes_no_notification_older_or_younger(int direction, CancellationToken cancel)
    {
        await StoreAsync(Alice, cancel);
        await PassAsync(Age / 2);
        await StoreAsync(Alice, cancel);
        _time.StepTo(_time.GetUtcNow() + (Years * direction));
        await StoreAsync(Bob, cancel);
        await PassAsync(Age * 0.4);
        await HasAsync(Alice, [1, 2], "a year ahead is no year's age", cancel);
        await _store.ReopenAsync();
        await PassAsync(Age * 0.2);
        await HasAsync(Alice, [2], "the first has reached its age", cancel);
        await HasAsync(Bob, [1], "the third has not", cancel);
        await PassAsync(Age);
        await HasAsync(Alice, [], "the second as well", cancel);
        await HasAsync(Bob, [], "all", cancel);
    }

    [TestCase(1)]
    [TestCase(-1)]
    public async Task A_clock_that_is_set_neither_forgets_keys_nor_keeps_them(int direction, CancellationToken cancel)
    {
        await _store.Log.StoreAsync(Drafts.Keyed("k", "order", Alice), cancel);
        _time.StepTo(_time.GetUtcNow() + (Years * direction));
        await PassAsync(TimeSpan.FromHours(23));
        Assert.That(
            (await _store.Log.StoreAsync(Drafts.Keyed("k", "order", Alice), cancel)).Duplicate, Is.True, "it is younger than a day");
        await PassAsync(TimeSpan.FromHours(2));
        Assert.That((await _store.Log.StoreAsync(Drafts.Keyed("k", "order", Alice), cancel)).Duplicate, Is.False, "it is older than a day");
    }

    [Test]
    public async Task A_key_of_a_clock_that_was_ahead_is_free_a_day_after_the_next_start(CancellationToken cancel)
    {
        await StepWhileClosedAsync(Years);
        await _store.Log.StoreAsync(Drafts.Keyed("k", "order", Alice), cancel);
        await StepWhileClosedAsync(-Years);
        await PassAsync(TimeSpan.FromHours(23));
        Assert.That((await _store.Log.StoreAsync(Drafts.Keyed("k", "order", Alice), cancel)).Duplicate, Is.True);
        await PassAsync(TimeSpan.FromHours(2));
        Assert.That((await _store.Log.StoreAsync(Drafts.Keyed("k", "order", Alice), cancel)).Duplicate, Is.False);
    }

    private async Task StepWhileClosedAsync(TimeSpan by)
    {
        await _store.Log.DisposeAsync();
        _time.StepTo(_time.GetUtcNow() + by);
        await _store.ReopenAsync();
    }

    /// <summary>Lets time pass in steps, between which the store does its usual upkeep.</summary>
    private async Task PassAsync(TimeSpan time)
    {
        await UpkeepAsync();
        _time.Advance(time);
        await UpkeepAsync();
    }

    /// <summary>
    /// Long enough for the store to note the time: a thousandth of the age. The store notes it by the end of the second write after that.
    /// </summary>
    private async Task UpkeepAsync()
    {
        _time.Advance(TimeSpan.FromSeconds(8));
        for (var i = 0; i < 2; i++)
            await _store.Log.AcknowledgeAsync(
                "nobody", new Dictionary<Topic, Position> { [Alice] = new(1_000, 1) }, CancellationToken.None);
    }

    private async Task StoreAsync(Topic topic, CancellationToken cancel) => await _store.Log.StoreAsync(Drafts.Of("order", topic), cancel);

    private async Task HasAsync(Topic topic, long[] sequences, string reason, CancellationToken cancel, long[]? atLeast = null)
    {
        long[] found = [];
        await Eventually.True(reason, async () =>
        {
            await UpkeepAsync();
            cancel.ThrowIfCancellationRequested();
            found = [.. (await _store.Log.ReadAsync(topic, null, Everything, cancel)).Items.Select(it => it.Position.Sequence)];
            return found.SequenceEqual(sequences) || (atLeast is not null && found.SequenceEqual(atLeast));
        }, cancel);
    }
}
