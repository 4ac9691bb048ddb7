using System.Text;
using Microsoft.Data.Sqlite;
using Realtime.Server.Notifications;
using Realtime.Tests.Support;

namespace Realtime.Tests.Log;

/// <summary>What was erased is in no file of the embedded store.</summary>
[CancelAfter(60_000)]
internal sealed class SqliteErasureTests
{
    private static readonly Topic Ann = Topic.User("ann"), Bob = Topic.User("bob");

    [TestCase(100)]
    [TestCase(9_000, Description = "on pages of their own")]
    public async Task The_files_hold_no_copy_of_what_was_erased(int length, CancellationToken cancel)
    {
        await using var store = await SqliteStore.OpenAsync();
        for (var n = 0; n < 300; n++)
        {
            await store.Log.StoreAsync(Drafts.Of(Text("ann", length), Ann), cancel);
            await store.Log.StoreAsync(Drafts.Of(Text("bob", length), Bob), cancel);
        }
        Assert.That(CopiesIn(store, "ann-"), Is.Positive);
        var erased = await store.Log.EraseAsync("ann");
        Assert.That((erased.Entries, erased.Stays.Count), Is.EqualTo((300L, 2)));
        Assert.That(CopiesIn(store, "ann-"), Is.Zero);
        Assert.That(CopiesIn(store, "bob-"), Is.GreaterThanOrEqualTo(300));
        // Cut, and since then the store may have written a page of its own.
        Assert.That(new FileInfo(store.File + "-wal").Length, Is.LessThan(64 * 1024));
        // The first one's end has moved entries of the second between pages.
        Assert.That((await store.Log.EraseAsync("bob")).Entries, Is.EqualTo(300));
        Assert.That(CopiesIn(store, "bob-"), Is.Zero);
    }

    [Test]
    public async Task A_program_that_keeps_the_log_is_named_and_the_log_is_cut_after_it(CancellationToken cancel)
    {
        await using var store = await SqliteStore.OpenAsync();
        await store.Log.StoreAsync(Drafts.Of(Text("ann", 100), Ann), cancel);
        await using (var other = new SqliteConnection($"Data Source={store.File};Pooling=False"))
        {
            await other.OpenAsync(cancel);
            await using var begun = other.BeginTransaction(deferred: true);
            await using var read = other.CreateCommand();
            (read.CommandText, read.Transaction) = ("SELECT count(*) FROM entries", begun);
            await read.ExecuteScalarAsync(cancel);
            Assert.That((await store.Log.EraseAsync("ann")).Stays, Has.Some.Contains("write-ahead log"));
            Assert.That(CopiesIn(store, "ann-"), Is.Positive);
        }
        await Eventually.True("the log is cut", () => CopiesIn(store, "ann-") == 0, cancel);
    }

    private static string Text(string user, int length) => user + "-" + new string('x', length);

    private static int CopiesIn(SqliteStore store, string text)
    {
        var sought = Encoding.UTF8.GetBytes(text);
        return new[] { store.File, store.File + "-wal" }.Sum(file =>
        {
            using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[open.Length];
            open.ReadExactly(bytes);
            return bytes.AsSpan().Count(sought);
        });
    }
}
