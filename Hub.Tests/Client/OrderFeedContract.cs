using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>What a feed does on every transport, against the real server.</summary>
internal abstract class OrderFeedContract(Transport transport) : OrderFeedFixture
{
    protected override IReadOnlyDictionary<string, string> Settings =>
        new Dictionary<string, string> { ["Hub:Retention:Count"] = "400", ["Hub:Drain:Duration"] = "00:00:01" };

    [Test]
    public async Task What_is_published_arrives_as_it_was_sent(CancellationToken cancel)
    {
        await using var reader = await FeedReader.StartAsync(Only(), cancel);
        Assert.That(reader.Feed.Transport, Is.EqualTo(transport));
        await PublishAsync("order 1", cancel);
        var order = (OrderNotification)await reader.NextAsync(cancel);
        Assert.Multiple(() =>
        {
            Assert.That((order.Topic, order.Sequence, order.Type, order.OrderId), Is.EqualTo(($"user:{User}", 1L, "order.created", "order 1")));
            Assert.That(order.Data.GetRawText(), Is.EqualTo("""{"total":1.5}"""));
            Assert.That(order.DataAs<Order>(), Is.EqualTo(new Order(1.5m)));
            Assert.That(order.Time, Is.EqualTo(TimeProvider.System.GetUtcNow()).Within(TimeSpan.FromMinutes(1)));
            Assert.That(order.Id, Is.Not.Empty);
            Assert.That(order.Cursor, Is.Not.Empty);
        });
    }

    [Test]
    public async Task A_cut_costs_nothing(CancellationToken cancel)
    {
        await using var network = new TcpProxy(Server.Port);
        var states = new States();
        await using var reader = await FeedReader.StartAsync(Only(network.Address) with { OnStateChanged = states.Add }, cancel);
        for (var n = 1; n <= 30; n++)
        {
            if (n % 10 == 0)
            {
                network.Refuse = true;
                network.Cut();
                await states.IsAsync(FeedPhase.Reconnecting, cancel);
            }
            await PublishAsync($"order {n}", cancel);
            network.Refuse = false;
        }
        Assert.That(await reader.TakeAsync(30, cancel), Is.EqualTo(Orders(1, 30)));
        await states.IsAsync(FeedPhase.Live, cancel);
        Assert.That(reader.Rest(), Is.Empty, "nothing comes twice");
    }

    [Test]
    public async Task A_server_that_is_killed_in_the_middle_of_it_all_costs_nothing(CancellationToken cancel)
    {
        const int Count = 150;
        var states = new States();
        await using var reader = await FeedReader.StartAsync(Only() with { OnStateChanged = states.Add }, cancel);
        var publishing = PublishThroughFailuresAsync(Count, cancel);
        var seen = await reader.TakeAsync(20, cancel);
        await Server.KillAsync();
        await states.WasAsync(FeedPhase.Reconnecting, cancel);
        await Server.StartAgainAsync(cancel);
        seen.AddRange(await reader.TakeAsync(Count - 20, cancel));
        await publishing;
        Assert.That(seen, Is.EqualTo(Orders(1, Count)));
        Assert.That(reader.Rest(), Is.Empty, "nothing comes twice");
    }

    [Test]
    public async Task A_server_that_drains_is_left_and_found_again(CancellationToken cancel)
    {
        var states = new States();
        await using var reader = await FeedReader.StartAsync(Only() with { OnStateChanged = states.Add }, cancel);
        await states.IsAsync(FeedPhase.Live, cancel);
        await Server.StopAsync();
        await states.WasAsync(FeedPhase.Reconnecting, cancel);
        var away = states.All.First(state => state.Phase == FeedPhase.Reconnecting);
        Assert.Multiple(() =>
        {
            Assert.That(away.Reason, Does.Contain("draining"));
            Assert.That(away.ReconnectIn, Is.InRange(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(3)), "as the server asked");
        });
        await Server.StartAgainAsync(cancel);
        await PublishAsync("order 1", cancel);
        Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo(Orders(1, 1)));
    }

    [Test]
    public async Task A_program_that_starts_again_goes_on_where_it_was(CancellationToken cancel)
    {
        var folder = Directory.CreateTempSubdirectory("feed-test-");
        try
        {
            for (var run = 0; run < 3; run++)
            {
                // A new store each time, as a new process has it.
                var options = Only() with { CursorStore = new FileCursorStore(folder.FullName), StartFrom = StartFrom.Latest };
                await using var reader = await FeedReader.StartAsync(options, cancel);
                if (run == 0) await PublishAsync("order 1", cancel);
                Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo(Orders(run + 1, run + 1)));
                await reader.DisposeAsync();
                await PublishAsync($"order {run + 2}", cancel);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
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
    public async Task A_token_that_expires_is_replaced_by_a_fresh_one(CancellationToken cancel)
    {
        var asked = 0;
        var options = Only() with
        {
            Token = _ =>
            {
                Interlocked.Increment(ref asked);
                return new(Tokens.For(User, TimeProvider.System.GetUtcNow().AddSeconds(4)));
            },
        };
        await using var reader = await FeedReader.StartAsync(options, cancel);
        for (var n = 1; n <= 5 || Volatile.Read(ref asked) < 3; n++)
        {
            await PublishAsync($"order {n}", cancel);
            Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo(Orders(n, n)));
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancel);
        }
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
        Assert.That(async () => await reader.Feed.AcknowledgeAsync("nonsense", cancel), Throws.ArgumentException.With.Message.Contains("cursor"));
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
            // Two of them take until the feed has stopped receiving: the first, and one in the middle.
            if (seen.Count is 0 or 100) await Eventually.True("the feed stops receiving", () => log.Pauses > seen.Count / 100, cancel);
            seen.Add(FeedReader.Describe(order));
            if (seen.Count == 300) break;
        }
        Assert.That(seen, Is.EqualTo(Orders(1, 300)));
    }

    [Test]
    public async Task A_window_can_show_what_the_feed_is_doing(CancellationToken cancel)
    {
        await using var network = new TcpProxy(Server.Port);
        for (var n = 1; n <= 3; n++) await PublishAsync($"order {n}", cancel);
        var states = new States();
        await using (var reader = await FeedReader.StartAsync(Only(network.Address) with { OnStateChanged = states.Add }, cancel))
        {
            await states.IsAsync(FeedPhase.Live, cancel);
            Assert.That(reader.Feed.State, Is.EqualTo(new FeedState(FeedPhase.Live) { Transport = transport }));
            network.Refuse = true;
            network.Cut();
            await states.WasAsync(FeedPhase.Reconnecting, cancel);
            await Eventually.True("more than one try has failed", () => reader.Feed.State.Attempt > 1, cancel);
            network.Refuse = false;
            reader.Feed.ReconnectNow();
            await states.IsAsync(FeedPhase.Live, cancel);
        }
        Assert.Multiple(() =>
        {
            Assert.That(states.Phases.Take(3), Is.EqualTo([FeedPhase.Connecting, FeedPhase.CatchingUp, FeedPhase.Live]));
            Assert.That(states.Phases.TakeLast(3), Is.EqualTo([FeedPhase.CatchingUp, FeedPhase.Live, FeedPhase.Closed]));
            foreach (var away in states.All.Where(state => state.Phase == FeedPhase.Reconnecting))
            {
                Assert.That(away.ReconnectAt, Is.Not.Null);
                Assert.That(away.Reason, Is.Not.Empty);
                Assert.That(away.Transport, Is.Null);
            }
        });
    }

    private OrderFeedOptions Only(Uri? server = null) => Options(server) with { Transports = [transport] };

    private Task<long> PublishAsync(string orderId, CancellationToken cancel) => Server.PublishAsync(User, orderId, cancel);

    /// <summary>As a good publisher does it: the same key until it is confirmed.</summary>
    private async Task PublishThroughFailuresAsync(int count, CancellationToken cancel)
    {
        for (var n = 1; n <= count; n++)
        {
            await Eventually.True($"order {n} is stored", async () =>
            {
                try
                {
                    using var answer = await Server.TryPublishAsync(new { users = new[] { User } }, $"order {n}", cancel, $"{User}-{n}");
                    return answer.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            }, TimeSpan.FromSeconds(60), cancel);
        }
    }

    private IEnumerable<string> Orders(int first, int last) =>
        Enumerable.Range(first, last - first + 1).Select(n => $"user:{User} {n} order {n}");

    private Task RetentionAsync(CancellationToken cancel) => Eventually.True("retention has passed", async () =>
    {
        var page = await Server.HistoryAsync(Tokens.For(User), "?after=earliest&limit=1", cancel);
        return page.GetProperty("items")[0].GetProperty("sequence").GetInt64() == 101;
    }, cancel);

    private sealed record Order(decimal Total);
}

internal sealed class FeedOverWebSockets() : OrderFeedContract(Transport.WebSockets);

internal sealed class FeedOverServerSentEvents() : OrderFeedContract(Transport.ServerSentEvents);

internal sealed class FeedOverLongPolling() : OrderFeedContract(Transport.LongPolling);

internal sealed class FeedOverEventSource() : OrderFeedContract(Transport.EventSource);
