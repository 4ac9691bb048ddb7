using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Realtime.Server.Log;
using Realtime.Server.Log.Sqlite;
using Realtime.Server.Log.Sqlite.Writing;
using Realtime.Server.Notifications;
using Realtime.Tests.Support;

namespace Realtime.Tests.Log;

/// <summary>Promises of the embedded store alone: a stuck writer, a locked file, a clock that steps.</summary>
[CancelAfter(60_000)]
internal sealed class SqliteLogFaultTests
{
    private static readonly Topic Alice = Topic.User("alice");
    private static readonly PageLimit Everything = new(int.MaxValue, int.MaxValue);

    // Two seconds, plus what a busy build machine adds.
    private static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(4);

    [Test]
    public async Task While_another_program_holds_the_file_appends_are_refused_in_time_and_reads_go_on(CancellationToken cancel)
    {
        await using var store = await SqliteStore.OpenAsync();
        await store.Log.AppendAsync(Drafts.Of("before", Alice), cancel);
        await using (var other = new SqliteConnection($"Data Source={store.File};Pooling=False"))
        {
            await other.OpenAsync(cancel);
            await using var command = other.CreateCommand();
            command.CommandText = "BEGIN IMMEDIATE";
            await command.ExecuteNonQueryAsync(cancel);
            await Task.WhenAll(Enumerable.Range(0, 50)
                .Select(i => RefusedInTimeAsync(store.Log, Drafts.Keyed($"k{i}", "x", Alice), cancel)));
            Assert.That((await store.Log.ReadAsync(Alice, null, Everything, cancel)).Items, Has.Count.EqualTo(1));
        }
        for (var i = 0; i < 50; i++)
            Assert.That((await store.Log.StoreAsync(Drafts.Keyed($"k{i}", "x", Alice), cancel)).Sequences, Is.EqualTo([i + 2]),
                "no number was burned");
    }

    [Test]
    public async Task While_the_writer_is_stuck_appends_are_refused_in_time_and_a_repeat_finds_out_what_became_of_them(
        CancellationToken cancel)
    {
        using var stuck = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        await using var store = await SqliteStore.OpenAsync(announced: (_, _) =>
        {
            stuck.Set();
            go.Wait(cancel);   // on the writer's thread, where a hanging disk would block it
        });
        var refused = Enumerable.Range(0, 20).Select(i => RefusedInTimeAsync(store.Log, Drafts.Keyed($"k{i}", "x", Alice), cancel))
            .ToList();
        Assert.That(stuck.Wait(LongestCall, cancel));
        await Task.WhenAll(refused);
        go.Set();
        var again = await Task.WhenAll(Enumerable.Range(0, 20)
            .Select(i => store.Log.StoreAsync(Drafts.Keyed($"k{i}", "x", Alice), cancel)));
        Assert.That(again.SelectMany(it => it.Sequences).Order(), Is.EqualTo(Enumerable.Range(1, 20)));
        Assert.That((await store.Log.ReadAsync(Alice, null, Everything, cancel)).Items, Has.Count.EqualTo(20));
    }

    [Test]
    public async Task More_appends_than_may_wait_are_refused_at_once(CancellationToken cancel)
    {
        using var stuck = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        await using var store = await SqliteStore.OpenAsync(time: new ManualTime(), announced: (_, _) =>
        {
            stuck.Set();
            go.Wait(cancel);
        });
        var first = store.Log.AppendAsync(Drafts.Of("first", Alice), cancel);
        Assert.That(stuck.Wait(LongestCall, cancel));
        var waiting = Enumerable.Range(0, WriteQueue.Capacity).Select(i => store.Log.AppendAsync(Drafts.Of($"{i}", Alice), cancel))
            .ToList();
        Assert.That(
            async () => await store.Log.AppendAsync(Drafts.Of("one too many", Alice), cancel), Throws.TypeOf<LogUnavailableException>());
        go.Set();
        Assert.That((await Task.WhenAll(waiting.Append(first))).Select(it => ((AppendOutcome.Stored)it).Sequences[0]), Is.Unique);
    }

    [Test]
    public async Task A_listener_that_fails_harms_neither_the_publisher_nor_the_others(CancellationToken cancel)
    {
        var heard = new ConcurrentQueue<long>();
        await using var store = await SqliteStore.OpenAsync(announced: (_, notification) =>
        {
            heard.Enqueue(notification.Position.Sequence);
            if (notification.Position.Sequence == 1) throw new InvalidOperationException("A listener's fault.");
        });
        for (var i = 1; i <= 2; i++) Assert.That((await store.Log.StoreAsync(Drafts.Of("x", Alice), cancel)).Sequences, Is.EqualTo([i]));
        Assert.That(heard, Is.EqualTo([1, 2]));
    }

    [Test]
    public async Task A_clock_that_steps_backwards_changes_nothing_but_stamps_that_stand_still(CancellationToken cancel)
    {
        var time = new ManualTime();
        await using var store = await SqliteStore.OpenAsync(time: time);
        var places = new List<Position> { Position.Start };
        foreach (var step in new[] { 0, -3_600, 1, -86_400 * 400, 10, 7_200 })
        {
            time.StepTo(time.GetUtcNow().AddSeconds(step));
            await store.Log.AppendAsync(Drafts.Of("x", Alice), cancel);
            places.Add((await store.Log.ReadAsync(Alice, null, new PageLimit(0, 0), cancel)).Head);
            if (step == 1) await store.ReopenAsync();
        }
        Assert.That(places.Select(it => it.Stamp), Is.Ordered);
        foreach (var place in places)
        {
            var page = await store.Log.ReadAsync(Alice, place, Everything, cancel);
            Assert.That((page.Gap, page.Items.Count), Is.EqualTo(((GapReason?)null, 6 - (int)place.Sequence)));
        }
    }

    [Test]
    public async Task A_key_is_remembered_for_a_day_and_not_longer(CancellationToken cancel)
    {
        var time = new ManualTime();
        await using var store = await SqliteStore.OpenAsync(time: time);
        await store.Log.AppendAsync(Drafts.Keyed("k", "order", Alice), cancel);
        time.Advance(IdempotencyKey.Lifetime - TimeSpan.FromSeconds(1));
        Assert.That((await store.Log.StoreAsync(Drafts.Keyed("k", "order", Alice), cancel)).Duplicate, Is.True);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await store.Log.StoreAsync(Drafts.Keyed("k", "another order", Alice), cancel)).Duplicate, Is.False,
            "the key is free for another order");
        await store.ReopenAsync();
        Assert.That((await store.Log.StoreAsync(Drafts.Keyed("k", "another order", Alice), cancel)).Duplicate, Is.True);
    }

    [Test]
    public async Task A_log_that_is_closed_refuses_and_keeps_what_was_queued(CancellationToken cancel)
    {
        await using var store = await SqliteStore.OpenAsync();
        var queued = Enumerable.Range(0, 100).Select(i => store.Log.AppendAsync(Drafts.Of($"{i}", Alice), cancel)).ToList();
        var closed = store.Log;
        await closed.DisposeAsync();
        Assert.That(async () => await closed.AppendAsync(Drafts.Of("late", Alice), cancel), Throws.TypeOf<LogUnavailableException>());
        Assert.That(async () => await closed.ReadAsync(Alice, null, Everything, cancel), Throws.TypeOf<LogUnavailableException>());
        await Task.WhenAll(queued);
        await store.ReopenAsync();
        Assert.That((await store.Log.ReadAsync(Alice, null, Everything, cancel)).Head.Sequence, Is.EqualTo(100));
    }

    [Test]
    public async Task What_others_wrote_into_the_file_is_taken_into_account(CancellationToken cancel)
    {
        await using var store = await SqliteStore.OpenAsync();
        await store.Log.StoreAsync(Drafts.Of("first", Alice), cancel);
        // The log assumes that the topic is at 1.
        SqliteStore.Execute(store.File,
            "INSERT INTO entries (topic, sequence, stamp, previous_stamp, body) SELECT topic, 2, stamp, stamp, 'x' FROM entries");
        Assert.That((await store.Log.StoreAsync(Drafts.Of("next", Alice), cancel)).Sequences, Is.EqualTo([3]));
    }

    [Test]
    public async Task A_draft_that_cannot_be_written_fails_alone_and_is_not_announced(CancellationToken cancel)
    {
        var heard = new ConcurrentQueue<(Topic Topic, long Sequence)>();
        await using var store = await SqliteStore.OpenAsync(announced: (topic, it) => heard.Enqueue((topic, it.Position.Sequence)));
        var bob = Topic.User("bob");
        foreach (var topic in new[] { Alice, bob }) await store.Log.StoreAsync(Drafts.Of("first", topic), cancel);
        SqliteStore.Execute(store.File,
            "CREATE TRIGGER t BEFORE INSERT ON entries WHEN instr(NEW.body, CAST('\"bad' AS BLOB)) > 0 BEGIN SELECT RAISE(ABORT, 'refused "
            + "by the test'); END");
        var appends = Enumerable.Range(0, 20)
            .Select(i => store.Log.AppendAsync(i == 10 ? Drafts.Of("bad", bob, Alice) : Drafts.Of("good", bob), cancel)).ToList();
        Assert.That(async () => await appends[10], Throws.TypeOf<LogUnavailableException>());
        await Task.WhenAll(appends.Where((_, i) => i != 10));
        Assert.That((await store.Log.ReadAsync(bob, null, Everything, cancel)).Items.Select(it => it.Position.Sequence),
            Is.EqualTo(Enumerable.Range(1, 20)));
        Assert.That(heard.Where(it => it.Topic == bob).Select(it => it.Sequence), Is.EqualTo(Enumerable.Range(1, 20)));
        Assert.That((await store.Log.StoreAsync(Drafts.Of("next", Alice), cancel)).Sequences, Is.EqualTo([2]));
    }

    [Test]
    public async Task A_repeat_completes_a_large_notification_of_which_the_time_was_up_after_a_part(CancellationToken cancel)
    {
        var (time, isUp) = (new ManualTime(), false);
        await using var store = await SqliteStore.OpenAsync(time: time, announced: (_, _) =>
        {
            if (isUp) return;
            isUp = true;
            time.Advance(TimeSpan.FromSeconds(2));   // on the writer's thread, before the next part
        });
        Topic[] topics = [.. Enumerable.Range(0, 80).Select(n => Topic.User($"u{n}"))];
        var large = new string('x', 60_000);
        var draft = Drafts.Traced(Drafts.Keyed("k", large, topics), 1);
        Assert.That(async () => await store.Log.AppendAsync(draft, cancel), Throws.TypeOf<LogUnavailableException>());
        var first = store.Count("SELECT count(*) FROM entries");
        Assert.That(first, Is.InRange(1, topics.Length - 1));

        await store.ReopenAsync();
        var repeats = await Task.WhenAll(Enumerable.Range(0, 3)
            .Select(n => store.Log.StoreAsync(Drafts.Traced(Drafts.Keyed("k", large, topics), n + 2), cancel)));
        foreach (var repeat in repeats)
            Assert.That((repeat.Duplicate, repeat.Sequences.All(sequence => sequence == 1)), Is.EqualTo((true, true)));
        var bodies = new HashSet<string>();
        foreach (var topic in topics)
        {
            var items = (await store.Log.ReadAsync(topic, null, Everything, cancel)).Items;
            Assert.That(items, Has.Count.EqualTo(1), topic.Text);
            bodies.Add(Convert.ToHexString(items[0].Body.Span));
        }
        Assert.That(bodies, Has.Count.EqualTo(1), "the same notification everywhere");
        Assert.That(repeats.Select(repeat => repeat.Id).Distinct().Count(), Is.EqualTo(1));
    }

    private static async Task RefusedInTimeAsync(SqliteLog log, Draft draft, CancellationToken cancel)
    {
        var asked = Stopwatch.GetTimestamp();
        try
        {
            await log.AppendAsync(draft, cancel);
            Assert.Fail("It was not refused.");
        }
        catch (LogUnavailableException)
        {
            Assert.That(Stopwatch.GetElapsedTime(asked), Is.LessThan(LongestCall));
        }
    }
}
