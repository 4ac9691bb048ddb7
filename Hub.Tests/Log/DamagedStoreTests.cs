using Realtime.Server.Log;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Log;

/// <summary>Files as a power cut or a bad disk leaves them.</summary>
[CancelAfter(60_000)]
internal sealed class DamagedStoreTests
{
    private const int Cuts = 30;

    private static readonly Topic Alice = Topic.User("alice");
    private static readonly PageLimit Everything = new(int.MaxValue, int.MaxValue);

    [Test]
    public async Task Wherever_a_power_cut_ends_the_write_ahead_log_what_is_left_is_a_beginning_of_it(CancellationToken cancel)
    {
        var seed = Random.Shared.Next(1_000_000);
        TestContext.Out.WriteLine($"Seed {seed}");
        var random = new Random(seed);
        await using var store = await SqliteStore.OpenAsync();
        foreach (var group in Enumerable.Range(1, 200).Chunk(10))
            await Task.WhenAll(group.Select(i => store.Log.StoreAsync(Order(i), cancel)));

        // Nothing has been copied into the main file yet: the two files belong together, as after a kill.
        var log = await ReadSharedAsync(store.File + "-wal", cancel);
        var main = await ReadSharedAsync(store.File, cancel);
        var heads = new SortedSet<long>();
        foreach (var length in Enumerable.Range(0, Cuts).Select(_ => random.Next(log.Length)).Append(log.Length))
        {
            await using var survivor = await SqliteStore.OpenAsync();
            await survivor.Log.DisposeAsync();
            await File.WriteAllBytesAsync(survivor.File, main, cancel);
            await File.WriteAllBytesAsync(survivor.File + "-wal", log[..length], cancel);
            heads.Add(await CheckAsync(survivor, cancel));
        }
        Assert.That(heads.Max, Is.EqualTo(200), "nothing that was committed is lost");
        Assert.That(heads, Has.Count.GreaterThan(2), "the cuts were at different places");
    }

    [Test]
    public async Task A_damaged_page_makes_the_store_unavailable_and_nothing_else(CancellationToken cancel)
    {
        await using var store = await FilledAndClosedAsync(cancel);
        var log = store.NewLog();
        await log.OpenAsync(cancel);
        await DamageAsync(store, cancel);
        Assert.That(async () => await log.ReadAsync(Alice, null, Everything, cancel), Throws.TypeOf<LogUnavailableException>());
        Assert.That(async () => await log.AppendAsync(Drafts.Of("next", Alice), cancel), Throws.TypeOf<LogUnavailableException>());
        await log.DisposeAsync();
    }

    [TestCase("DELETE FROM entries WHERE sequence = 3", new long[] { 1, 2, -1, 4, 5 })]
    [TestCase("DELETE FROM entries WHERE sequence IN (2, 4)", new long[] { 1, -1, 3, -1, 5 })]
    [TestCase("UPDATE entries SET stamp = stamp + 1 WHERE sequence = 2", new long[] { 1, 2, -1, 3, 4, 5 })]
    [TestCase("UPDATE entries SET previous_stamp = previous_stamp + 1 WHERE sequence IN (2, 5)", new long[] { 1, -1, 2, 3, 4, -1, 5 })]
    public async Task A_place_where_entries_do_not_continue_one_another_is_one_reset(
        string damage, long[] expected, CancellationToken cancel)
    {
        foreach (var size in new[] { 1, 2, 100 })
        {
            await using var store = await SqliteStore.OpenAsync();
            for (var i = 1; i <= 5; i++) await store.Log.AppendAsync(Drafts.Of($"{i}", Alice), cancel);
            await store.ReopenAsync();
            SqliteStore.Execute(store.File, damage);
            var read = new List<long>();
            for (Position? after = null; ;)
            {
                var page = await store.Log.ReadAsync(Alice, after, new PageLimit(size, int.MaxValue), cancel);
                if (page.Gap is GapReason.Reset) read.Add(-1);
                read.AddRange(page.Items.Select(item => item.Position.Sequence));
                if (!page.More) break;
                Assert.That(read, Has.Count.LessThan(20), "it goes round");
                after = page.End;
            }
            Assert.That(read, Is.EqualTo(expected), $"pages of {size}");
        }
    }

    [Test]
    public async Task Damage_that_is_met_at_the_start_is_refused_with_a_way_out(CancellationToken cancel)
    {
        await using var store = await FilledAndClosedAsync(cancel);
        await DamageAsync(store, cancel);
        Assert.That(
            async () => await store.NewLog().OpenAsync(cancel),
            Throws.TypeOf<StoreUnusableException>().With.Message.Contains("is damaged").And.Message.Contains("backup").And.Message.Contains(
                store.Folder));
    }

    private static async Task<SqliteStore> FilledAndClosedAsync(CancellationToken cancel)
    {
        var store = await SqliteStore.OpenAsync();
        for (var i = 0; i < 400; i++) await store.Log.AppendAsync(Drafts.Of($"order {i}", Alice), cancel);
        await store.Log.DisposeAsync();
        return store;
    }

    /// <summary>All but the first page, which holds the tables' definitions.</summary>
    private static async Task DamageAsync(SqliteStore store, CancellationToken cancel)
    {
        await using var file = new FileStream(store.File, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.Position = 4_096;
        await file.WriteAsync(Enumerable.Repeat((byte)0xA5, (int)(file.Length - 4_096)).ToArray(), cancel);
    }

    /// <summary>Both topics and the keys are at the same position, and continue from there.</summary>
    private static async Task<long> CheckAsync(SqliteStore survivor, CancellationToken cancel)
    {
        await survivor.ReopenAsync();
        var page = await survivor.Log.ReadAsync(Alice, null, Everything, cancel);
        Assert.That(page.Items.Select(it => it.Position.Sequence), Is.EqualTo(Enumerable.Range(1, page.Items.Count)));
        Assert.That((await survivor.Log.ReadAsync(Topic.All, null, Everything, cancel)).Head, Is.EqualTo(page.Head),
            "an append is in all of its topics or in none");
        var count = page.Items.Count;
        if (count > 0) Assert.That((await survivor.Log.StoreAsync(Order(count), cancel)).Duplicate, "the key of what is there is there");
        var next = await survivor.Log.StoreAsync(Order(count + 1), cancel);
        Assert.That((next.Duplicate, next.Sequences[0]), Is.EqualTo((false, count + 1L)));
        return page.Head.Sequence;
    }

    private static Draft Order(int number) => Drafts.Keyed($"k{number}", $"order {number}", Alice, Topic.All);

    private static async Task<byte[]> ReadSharedAsync(string path, CancellationToken cancel)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, cancel);
        return bytes;
    }
}
