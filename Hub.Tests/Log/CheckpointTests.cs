using Realtime.Server.Log;
using Realtime.Server.Log.Sqlite;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Log;

/// <summary>What is written stands in the write-ahead log first. It is copied into the main file while the writer goes on, and used again.</summary>
[CancelAfter(60_000)]
internal sealed class CheckpointTests
{
    private const int PageBytes = 4_096, BodyPages = 16, AtATime = 50;
    private const long Threshold = (long)WriterSession.PagesPerCheckpoint * PageBytes, Ceiling = (long)WriterSession.PagesBeforeWaiting * PageBytes;

    private static readonly Topic Alice = Topic.User("alice");
    private static readonly string Text = new('x', BodyPages * PageBytes);

    [Test]
    public async Task The_write_ahead_log_does_not_grow_with_what_is_written(CancellationToken cancel)
    {
        await using var store = await SqliteStore.OpenAsync();
        var written = 0;
        for (; written * (long)Text.Length < Ceiling + (2 * Threshold); written += AtATime)
        {
            await Task.WhenAll(Enumerable.Range(0, AtATime).Select(_ => store.Log.StoreAsync(Drafts.Of(Text, Alice), cancel)));
        }
        Assert.That(new FileInfo(store.File + "-wal").Length, Is.InRange(Threshold, Ceiling));
        Assert.That(new FileInfo(store.File).Length, Is.GreaterThan(Threshold), "what was copied");

        await store.ReopenAsync();
        var page = await store.Log.ReadAsync(Alice, after: null, new PageLimit(int.MaxValue, int.MaxValue), cancel);
        Assert.That(page.Items.Select(item => item.Position.Sequence), Is.EqualTo(Enumerable.Range(1, written).Select(n => (long)n)));
    }
}
