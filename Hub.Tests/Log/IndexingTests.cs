using Realtime.Server.Log;
using Realtime.Server.Log.Sqlite;
using Realtime.Server.Notifications;
using Realtime.Tests.Support;

namespace Realtime.Tests.Log;

/// <summary>The embedded store's index by topic lags behind its entries, and readers must not notice.</summary>
[CancelAfter(60_000)]
internal sealed class IndexingTests
{
    private static readonly Topic Alice = Topic.User("alice");
    private static readonly PageLimit Everything = new(int.MaxValue, int.MaxValue);

    [Test]
    public async Task Entries_wait_until_there_are_enough_and_are_then_all_entered(CancellationToken cancel)
    {
        const int due = 3_000;   // several steps
        await using var store = await SqliteStore.OpenAsync(indexDue: due);
        await AppendAsync(store, due - 1, cancel);
        Assert.That(Entered(store), Is.Zero);
        await AppendAsync(store, 1, cancel);
        await Eventually.True("all entries are in the index", () => Entered(store) == due, cancel);
        await Eventually.True("and it is known", () => store.Count("SELECT up_to FROM indexed") == due, cancel);
        Assert.That((await store.Log.ReadAsync(Alice, null, Everything, cancel)).Items.Select(it => it.Position.Sequence),
            Is.EqualTo(Enumerable.Range(1, due)));
    }

    [Test]
    public async Task What_waited_when_the_process_ended_is_entered_at_the_next_start(CancellationToken cancel)
    {
        await using var store = await SqliteStore.OpenAsync();
        await AppendAsync(store, 10, cancel);
        Assert.That(Entered(store), Is.Zero);
        await store.ReopenAsync();
        Assert.That(Entered(store), Is.EqualTo(10));
        await AppendAsync(store, 1, cancel);
        Assert.That((await store.Log.ReadAsync(Alice, null, Everything, cancel)).Items.Select(it => it.Position.Sequence),
            Is.EqualTo(Enumerable.Range(1, 11)));
    }

    [Test]
    public async Task Numbers_of_entries_are_never_used_again_so_that_none_is_taken_for_entered(CancellationToken cancel)
    {
        var time = new ManualTime();
        await using var store = await SqliteStore.OpenAsync(new() { Age = TimeSpan.FromHours(1) }, time);
        await AppendAsync(store, 10, cancel);
        time.Advance(TimeSpan.FromHours(2));
        await Eventually.True("no entry is left", () =>
        {
            time.Advance(TimeSpan.FromSeconds(1));   // lets retention run
            return store.Count("SELECT count(*) FROM entries") == 0;
        }, cancel);
        Assert.That(Entered(store), Is.Zero, "what is gone is out of the index");
        await store.ReopenAsync();
        await AppendAsync(store, 1, cancel);
        await store.ReopenAsync();
        Assert.That(
            (await store.Log.ReadAsync(Alice, null, Everything, cancel)).Items.Select(it => it.Position.Sequence), Is.EqualTo([11]));
    }

    [Test]
    public async Task Readers_see_no_hole_and_no_step_back_while_entries_move_into_the_index(CancellationToken cancel)
    {
        const int groups = 150, size = 20;
        await using var store = await SqliteStore.OpenAsync(indexDue: 30);
        var reading = Enumerable.Range(0, 4).Select(_ => Task.Run(() => FollowAsync(store.Log, groups * size, cancel), cancel)).ToList();
        for (var group = 0; group < groups; group++) await AppendAsync(store, size, cancel);
        await Task.WhenAll(reading);
        await Eventually.True("nearly all is in the index", () => Entered(store) > (groups * size) - 30, cancel);
    }

    [Test]
    public async Task A_reader_that_does_not_see_what_waits_yet_is_not_sent_back_to_the_beginning(CancellationToken cancel)
    {
        const int kept = 5;
        await using var store = await SqliteStore.OpenAsync(new() { Count = kept });
        await AppendAsync(store, 2 * kept, cancel);
        await store.ReopenAsync();
        await Eventually.True("all is in the index, and the older half removed", () => Entered(store) == kept, cancel);
        var read = (await store.Log.ReadAsync(Alice, null, Everything, cancel)).Items;
        await AppendAsync(store, kept, cancel);
        await Eventually.True("nothing in the index is retained", () => Entered(store) == 0, cancel);

        using var late = new ReaderSession(store.File, new Unindexed());   // it has read the index before the last appends
        foreach (var own in read.SkipLast(1))
        {
            var page = late.Read(Alice, own.Position, Everything);
            Assert.That((page.Gap, page.Start, page.Head, page.Items.Count),
                Is.EqualTo((GapReason.Expired, read[^1].Position, read[^1].Position, 0)), $"{own.Position}");
        }
        Assert.That(late.Read(Alice, read[^1].Position, Everything).Gap, Is.Null);
    }

    [Test]
    public async Task A_store_of_the_first_version_is_taken_over_with_all_it_holds(CancellationToken cancel)
    {
        await using var store = await SqliteStore.OpenAsync();
        await AppendAsync(store, 100, cancel);
        await store.Log.DisposeAsync();
        SqliteStore.Execute(store.File,
            "DROP TABLE entries_by_topic; DROP TABLE indexed; CREATE UNIQUE INDEX entries_by_topic ON entries (topic, sequence); PRAGMA "
            + "user_version = 1");
        await store.ReopenAsync();
        Assert.That((await store.Log.StoreAsync(Drafts.Of("next", Alice), cancel)).Sequences, Is.EqualTo([101]));
        Assert.That((await store.Log.ReadAsync(Alice, null, Everything, cancel)).Items.Select(it => it.Position.Sequence),
            Is.EqualTo(Enumerable.Range(1, 101)));
    }

    private static Task<AppendOutcome.Stored[]> AppendAsync(SqliteStore store, int count, CancellationToken cancel) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(i => store.Log.StoreAsync(Drafts.Of($"order {i}", Alice), cancel)));

    private static long Entered(SqliteStore store) => store.Count("SELECT count(*) FROM entries_by_topic");

    /// <summary>Continues from its position, and reads everything available each time.</summary>
    private static async Task FollowAsync(SqliteLog log, int last, CancellationToken cancel)
    {
        for (var place = Position.Start; place.Sequence < last;)
        {
            cancel.ThrowIfCancellationRequested();
            var page = await log.ReadAsync(Alice, place, Everything, cancel);
            Assert.That(page.Gap, Is.Null);
            foreach (var item in page.Items)
            {
                if (!item.Follows(place)) Assert.Fail($"{item.Position} came after {place}.");
                place = item.Position;
            }
            Assert.That(page.Head, Is.EqualTo(place), "all that there is");
            var all = await log.ReadAsync(Alice, null, Everything, cancel);
            Assert.That(all.Items, Has.Count.EqualTo(all.Head.Sequence).And.Count.AtLeast(place.Sequence));
        }
    }
}
