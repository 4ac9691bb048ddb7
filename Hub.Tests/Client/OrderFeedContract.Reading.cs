using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

internal abstract partial class OrderFeedContract
{
    [Test]
    public async Task What_is_published_arrives_as_it_was_sent(CancellationToken cancel)
    {
        await using var reader = await FeedReader.StartAsync(Only(), cancel);
        Assert.That(reader.Feed.Transport, Is.EqualTo(transport));
        await PublishAsync("order 1", cancel);
        var order = (OrderNotification)await reader.NextAsync(cancel);
        Assert.Multiple(() =>
        {
            Assert.That(
                (order.Topic, order.Sequence, order.Type, order.OrderId), Is.EqualTo(($"user:{User}", 1L, "order.created", "order 1")));
            Assert.That(order.Data.GetRawText(), Is.EqualTo("""{"total":1.5}"""));
            Assert.That(order.DataAs<Order>(), Is.EqualTo(new Order(1.5m)));
            Assert.That(order.Time, Is.EqualTo(TimeProvider.System.GetUtcNow()).Within(TimeSpan.FromMinutes(1)));
            Assert.That(order.Id, Is.Not.Empty);
            Assert.That(order.Cursor, Is.Not.Empty);
        });
    }

    [Test]
    public async Task The_deepest_data_that_is_accepted_arrives(CancellationToken cancel)
    {
        await using var reader = await FeedReader.StartAsync(Only(), cancel);
        Assert.That(await Server.PublishTextAsync(Nesting.Body(User, Nesting.Deepest), cancel), Is.EqualTo(202));
        await PublishAsync("the next", cancel);
        var order = (OrderNotification)await reader.NextAsync(cancel);
        Assert.That(order.Data.GetRawText(), Is.EqualTo(Nesting.Data(Nesting.Deepest)));
        Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo([$"user:{User} 2 the next"]));
    }

    [Test]
    public async Task An_item_that_the_loop_has_not_finished_with_comes_again(CancellationToken cancel)
    {
        for (var n = 1; n <= 3; n++) await PublishAsync($"order {n}", cancel);
        await using var feed = await OrderFeed.ConnectAsync(Only(), cancel);
        var seen = new List<string>();
        Assert.That(async () =>
        {
            await foreach (var order in feed.ReadAllAsync(cancel))
            {
                seen.Add(order.OrderId);
                if (seen.Count == 2) throw new FormatException("The handler failed.");
            }
        }, Throws.TypeOf<FormatException>());
        await foreach (var order in feed.ReadAllAsync(cancel))
        {
            seen.Add(order.OrderId);
            if (seen.Count == 4) break;
        }
        Assert.That(seen, Is.EqualTo(["order 1", "order 2", "order 2", "order 3"]));
    }

    [Test]
    public async Task What_retention_removed_is_a_gap_in_its_place(CancellationToken cancel)
    {
        var store = new MemoryCursorStore();
        await using (var before = await FeedReader.StartAsync(Only() with { CursorStore = store, StartFrom = StartFrom.Latest }, cancel))
        {
            await PublishAsync("order 1", cancel);
            await before.TakeAsync(1, cancel);
        }
        for (var n = 2; n <= 500; n++) await PublishAsync($"order {n}", cancel);
        await RetentionAsync(cancel);

        var gaps = new List<string>();
        await using var feed = await OrderFeed.ConnectAsync(Only() with
        {
            CursorStore = store,
            OnGap = (gap, _) =>
            {
                gaps.Add(FeedReader.Describe(gap));
                return default;
            },
        }, cancel);
        await foreach (var order in feed.ReadAllAsync(cancel))
        {
            Assert.That(order.Sequence, Is.EqualTo(101));
            break;
        }
        Assert.That(gaps, Is.EqualTo([$"gap user:{User} 1-101 Expired"]));
    }

    [Test]
    public async Task What_the_user_has_seen_is_acknowledged_and_counted(CancellationToken cancel)
    {
        await using var reader = await FeedReader.StartAsync(Only(), cancel);
        var before = await reader.Feed.UnreadAsync(cancel);
        var items = new List<OrderFeedItem>();
        for (var n = 1; n <= 3; n++) await PublishAsync($"order {n}", cancel);
        for (var n = 1; n <= 3; n++) items.Add(await reader.NextAsync(cancel));
        Assert.That(await reader.Feed.UnreadAsync(cancel), Is.EqualTo(before + 3));
        Assert.That(await reader.Feed.AcknowledgeAsync(items[1], cancel), Is.EqualTo(1));
        Assert.That(await reader.Feed.AcknowledgeAsync(items[0].Cursor, cancel), Is.EqualTo(1), "it never goes back");
        Assert.That(
            async () => await reader.Feed.AcknowledgeAsync("nonsense", cancel), Throws.ArgumentException.With.Message.Contains("cursor"));
        await using var other = await FeedReader.StartAsync(Only(), cancel);
        Assert.That(await other.TakeAsync(1, cancel), Is.EqualTo(Orders(3, 3)), "another device begins behind it");
    }

    [Test]
    public async Task A_notification_to_a_user_and_its_groups_is_one(CancellationToken cancel)
    {
        var groups = new[] { $"{User}-a", $"{User}-b" };
        await using var reader = await FeedReader.StartAsync(Only() with { Token = _ => new(Tokens.For(User, groups)) }, cancel);
        for (var n = 1; n <= 5; n++) await Server.PublishAsync(new { users = new[] { User }, groups }, $"order {n}", cancel);
        await PublishAsync("the last", cancel);
        var orders = new List<string>();
        while (orders.LastOrDefault() != "the last") orders.Add(((OrderNotification)await reader.NextAsync(cancel)).OrderId);
        Assert.That(orders, Is.EqualTo(["order 1", "order 2", "order 3", "order 4", "order 5", "the last"]));
    }

    [Test]
    public async Task A_loop_that_does_not_keep_up_gets_everything_in_the_end(CancellationToken cancel)
    {
        for (var n = 1; n <= 300; n++) await PublishAsync($"order {n}", cancel);
        var log = new FeedLogRecorder();
        await using var feed = await OrderFeed.ConnectAsync(Only() with { BufferedItems = 16, LoggerFactory = log }, cancel);
        var seen = new List<string>();
        await foreach (var order in feed.ReadAllAsync(cancel))
        {
            // Two orders, the first and one in the middle, are held until the feed has stopped receiving.
            if (seen.Count is 0 or 100) await Eventually.True("the feed stops receiving", () => log.Pauses > seen.Count / 100, cancel);
            seen.Add(FeedReader.Describe(order));
            if (seen.Count == 300) break;
        }
        Assert.That(seen, Is.EqualTo(Orders(1, 300)));
    }

    private Task RetentionAsync(CancellationToken cancel) => Eventually.True("retention has passed", async () =>
    {
        var page = await Server.HistoryAsync(Tokens.For(User), "?after=earliest&limit=1", cancel);
        return page.GetProperty("items")[0].GetProperty("sequence").GetInt64() == 101;
    }, cancel);

    private sealed record Order(decimal Total);
}
