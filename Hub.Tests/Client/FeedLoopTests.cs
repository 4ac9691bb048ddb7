using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>Loops that read a feed, and the position that they leave in the store.</summary>
internal sealed class FeedLoopTests : OrderFeedFixture
{
    [TestCase(Transport.WebSockets)]
    [TestCase(Transport.EventSource)]
    public async Task A_saved_position_that_the_server_does_not_know_is_a_gap_of_unknown_extent(
        Transport transport, CancellationToken cancel)
    {
        await Server.PublishAsync(User, "order 1", cancel);
        // Another user's cursor is refused like a malformed one.
        await using (var other = await FeedReader.StartAsync(Options() with { Token = _ => new(Tokens.For(User + "-other")) }, cancel))
        {
            await Server.PublishAsync(User + "-other", "theirs", cancel);
            var store = new MemoryCursorStore();
            await store.SaveAsync(new(Server.Address.AbsoluteUri, User), (await other.NextAsync(cancel)).Cursor, cancel);
            await using var reader = await FeedReader.StartAsync(Options() with { Transports = [transport], CursorStore = store }, cancel);
            Assert.That(await reader.TakeAsync(2, cancel), Is.EqualTo(["gap  - Reset", $"user:{User} 1 order 1"]));
        }
    }

    [Test]
    public async Task A_users_position_is_not_used_for_another_user(CancellationToken cancel)
    {
        var store = new MemoryCursorStore();
        foreach (var user in new[] { User + "-a", User + "-b", User + "-a" })
        {
            await Server.PublishAsync(user, "order", cancel);
            await using var reader = await FeedReader.StartAsync(
                Options() with { Token = _ => new(Tokens.For(user)), CursorStore = store }, cancel);
            var order = (OrderNotification)await reader.NextAsync(cancel);
            Assert.That(order.Topic, Is.EqualTo($"user:{user}"));
        }
    }

    [Test]
    public async Task A_thread_that_blocks_with_a_synchronization_context_is_not_needed(CancellationToken cancel)
    {
        await Server.PublishAsync(User, "order 1", cancel);
        await Server.PublishAsync(User, "order 2", cancel);
        var seen = new List<string>();
        var program = OneThreadContext.RunAsync(() =>
        {
            var feed = OrderFeed.ConnectAsync(
                Options() with { Token = TokenAfterAWhileAsync, CursorStore = new MemoryCursorStore() }, cancel).GetAwaiter().GetResult();
            var orders = feed.ReadAllAsync(cancel).GetAsyncEnumerator(cancel);
            while (seen.Count < 2 && orders.MoveNextAsync().AsTask().GetAwaiter().GetResult()) seen.Add(orders.Current.OrderId);
            feed.UnreadAsync(cancel).GetAwaiter().GetResult();
            orders.DisposeAsync().AsTask().GetAwaiter().GetResult();
            feed.DisposeAsync().AsTask().GetAwaiter().GetResult();
        });
        await Eventually.Ends("the program has not locked itself out", program, TimeSpan.FromSeconds(60), cancel);
        Assert.That(seen, Is.EqualTo(["order 1", "order 2"]));

        // As in a desktop program: without ConfigureAwait.
        async ValueTask<string> TokenAfterAWhileAsync(CancellationToken token)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, token);
            return Tokens.For(User);
        }
    }

    [Test]
    public async Task One_loop_reads_a_feed_at_a_time(CancellationToken cancel)
    {
        await using var reader = await FeedReader.StartAsync(Options(), cancel);
        Assert.That(async () =>
        {
            await foreach (var _ in reader.Feed.ReadAllAsync(cancel)) break;
        }, Throws.InvalidOperationException.With.Message.Contains("one at a time"));
    }

    [Test]
    public async Task A_cancelled_loop_can_be_followed_by_another(CancellationToken cancel)
    {
        await using var feed = await OrderFeed.ConnectAsync(Options(), cancel);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await Server.PublishAsync(User, "order 1", cancel);
        var seen = new List<string>();
        Assert.That(async () =>
        {
            await foreach (var order in feed.ReadAllAsync(enough.Token))
            {
                seen.Add(order.OrderId);
                await enough.CancelAsync();
            }
        }, Throws.InstanceOf<OperationCanceledException>());
        await Server.PublishAsync(User, "order 2", cancel);
        await foreach (var order in feed.ReadAllAsync(cancel))
        {
            seen.Add(order.OrderId);
            await feed.DisposeAsync();   // also ends the loop, from inside
        }
        Assert.That(seen, Is.EqualTo(["order 1", "order 2"]));
    }

    [Test]
    public async Task A_window_that_fails_does_not_cost_notifications(CancellationToken cancel)
    {
        await using var reader = await FeedReader.StartAsync(
            Options() with { OnStateChanged = _ => throw new FormatException("The window is gone.") }, cancel);
        await Server.PublishAsync(User, "order 1", cancel);
        Assert.That(await reader.TakeAsync(1, cancel), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task The_position_is_saved_when_the_next_item_is_asked_for_and_not_before(CancellationToken cancel)
    {
        var store = new MemoryCursorStore();
        var key = new CursorKey(Server.Address.AbsoluteUri, User);
        await using var feed = await OrderFeed.ConnectAsync(Options() with { CursorStore = store }, cancel);
        for (var n = 1; n <= 3; n++) await Server.PublishAsync(User, $"order {n}", cancel);
        OrderNotification? before = null;
        await foreach (var order in feed.ReadAllAsync(cancel))
        {
            var saved = await store.LoadAsync(key, cancel);
            Assert.That(saved, Is.Not.EqualTo(order.Cursor));
            if (before is not null) Assert.That(saved, Is.EqualTo(before.Cursor));
            before = order;
            if (order.Sequence == 3) break;
        }
        Assert.That(await store.LoadAsync(key, cancel), Is.Not.EqualTo(before!.Cursor), "the body of the last one was left in the middle");
    }

    [Test]
    public void A_store_that_cannot_be_read_is_an_error_and_not_a_fresh_start() => Assert.That(
        async () => await OrderFeed.ConnectAsync(Options() with { CursorStore = new BrokenStore() }),
        Throws.TypeOf<IOException>().With.Message.EqualTo("The disk is gone."));

    [Test]
    public async Task A_store_that_hangs_does_not_keep_a_program_from_giving_up(CancellationToken cancel)
    {
        var store = new HangingStore();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var connecting = OrderFeed.ConnectAsync(Options() with { CursorStore = store }, enough.Token);
        await Eventually.Ends("the store is asked", store.Asked, cancel);
        await enough.CancelAsync();
        Assert.That(
            async () => await Eventually.Ends("the feed is closed", connecting, cancel), Throws.InstanceOf<OperationCanceledException>());
    }

    /// <summary>Never responds, and ignores its cancellation token.</summary>
    private sealed class HangingStore : ICursorStore
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Asked => _asked.Task;

        public ValueTask<string?> LoadAsync(CursorKey key, CancellationToken cancel)
        {
            _asked.TrySetResult();
            return new(new TaskCompletionSource<string?>().Task);
        }

        public ValueTask SaveAsync(CursorKey key, string cursor, CancellationToken cancel) => ValueTask.CompletedTask;
    }

    private sealed class BrokenStore : ICursorStore
    {
        public ValueTask<string?> LoadAsync(CursorKey key, CancellationToken cancel) => throw new IOException("The disk is gone.");

        public ValueTask SaveAsync(CursorKey key, string cursor, CancellationToken cancel) => throw new IOException("The disk is gone.");
    }
}
