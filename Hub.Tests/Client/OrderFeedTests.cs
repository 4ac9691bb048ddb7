using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>What does not depend on the transport, or is about their choice, against the real server.</summary>
[CancelAfter(120_000)]
internal sealed class OrderFeedTests
{
    private static int _users;

    private ServerProcess _server = null!;
    private string _user = null!;

    [OneTimeSetUp]
    public async Task StartServer() => _server = await TestServer.StartAsync();

    [OneTimeTearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [SetUp]
    public void NewUser() => _user = $"one-{Interlocked.Increment(ref _users)}";

    [Test]
    public async Task The_first_transport_is_taken_when_it_works(CancellationToken cancel)
    {
        await using var feed = await OrderFeed.ConnectAsync(Options(), cancel);
        Assert.That(feed.Transport, Is.EqualTo(Transport.WebSockets));
    }

    [Test]
    public async Task Behind_a_proxy_that_buffers_the_one_that_carries_is_found_and_kept(CancellationToken cancel)
    {
        await using var proxy = await BufferingProxy.StartAsync(_server.Address);
        var states = new States();
        var options = Options(proxy.Address) with { ConnectTimeout = TimeSpan.FromSeconds(2), OnStateChanged = states.Add };
        await using var reader = await FeedReader.StartAsync(options, cancel);
        Assert.That(reader.Feed.Transport, Is.EqualTo(Transport.LongPolling));
        await _server.PublishAsync(_user, "order 1", cancel);
        Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo([$"user:{_user} 1 order 1"]));
        await _server.KillAsync();
        await states.IsAsync(FeedPhase.Reconnecting, cancel);
        await _server.StartAgainAsync(cancel);
        var before = proxy.Requests.Count;
        await states.IsAsync(FeedPhase.Live, cancel);
        Assert.That(proxy.Requests.Skip(before).Select(request => request["Upgrade"]), Has.All.Null, "WebSockets are not tried anew each time");
    }

    [Test]
    public async Task An_event_stream_that_does_not_carry_gives_way_too(CancellationToken cancel)
    {
        await using var proxy = await BufferingProxy.StartAsync(_server.Address);
        await using var feed = await OrderFeed.ConnectAsync(
            Options(proxy.Address) with { ConnectTimeout = TimeSpan.FromSeconds(2), Transports = [Transport.EventSource, Transport.LongPolling] }, cancel);
        Assert.That(feed.Transport, Is.EqualTo(Transport.LongPolling));
    }

    [Test]
    public async Task A_connection_that_was_built_elsewhere_is_read_and_left_as_it_is(CancellationToken cancel)
    {
        await using var network = new TcpProxy(_server.Port);
        await using var hub = new HubConnectionBuilder()
            .WithTransports(new Uri(network.Address, "/hubs/orders"), new() { AccessToken = _ => new(Tokens.For(_user)), Transports = [Transport.WebSockets] })
            .Build();
        await hub.StartAsync(cancel);
        await using (var reader = await FeedReader.StartAsync(new() { Connection = hub }, cancel))
        {
            await _server.PublishAsync(_user, "order 1", cancel);
            var first = await reader.NextAsync(cancel);
            network.Cut();
            await _server.PublishAsync(_user, "order 2", cancel);
            Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo([$"user:{_user} 2 order 2"]), "started again after a cut");
            Assert.That(await reader.Feed.UnreadAsync(cancel), Is.EqualTo(2));
            Assert.That(await reader.Feed.AcknowledgeAsync(first, cancel), Is.EqualTo(1));
            Assert.That(async () => await reader.Feed.AcknowledgeAsync("nonsense", cancel), Throws.ArgumentException);
            Assert.That(reader.Feed.Transport, Is.Null);
        }
        Assert.That(hub.State, Is.EqualTo(HubConnectionState.Connected));
        Assert.That(await hub.InvokeAsync<long>("Unread", cancel), Is.EqualTo(1));
    }

    [Test]
    public async Task A_given_connection_that_reconnects_by_itself_is_waited_for(CancellationToken cancel)
    {
        await using var network = new TcpProxy(_server.Port);
        await using var hub = new HubConnectionBuilder()
            .WithTransports(new Uri(network.Address, "/hubs/orders"), new() { AccessToken = _ => new(Tokens.For(_user)) })
            .WithAutomaticReconnect([TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(500)])
            .Build();
        await using var reader = await FeedReader.StartAsync(new() { Connection = hub }, cancel);
        for (var n = 1; n <= 3; n++)
        {
            network.Cut();
            await _server.PublishAsync(_user, $"order {n}", cancel);
            Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo([$"user:{_user} {n} order {n}"]));
        }
    }

    [TestCase(Transport.WebSockets)]
    [TestCase(Transport.EventSource)]
    public async Task A_saved_position_that_the_server_does_not_know_is_a_gap_of_unknown_extent(Transport transport, CancellationToken cancel)
    {
        await _server.PublishAsync(_user, "order 1", cancel);
        // Another user's cursor is refused like a malformed one.
        await using (var other = await FeedReader.StartAsync(Options() with { Token = _ => new(Tokens.For(_user + "-other")) }, cancel))
        {
            await _server.PublishAsync(_user + "-other", "theirs", cancel);
            var store = new MemoryCursorStore();
            await store.SaveAsync(new(_server.Address.AbsoluteUri, _user), (await other.NextAsync(cancel)).Cursor, cancel);
            await using var reader = await FeedReader.StartAsync(Options() with { Transports = [transport], CursorStore = store }, cancel);
            Assert.That(await reader.TakeAsync(2, cancel), Is.EqualTo(["gap  - Reset", $"user:{_user} 1 order 1"]));
        }
    }

    [Test]
    public async Task A_users_position_is_not_used_for_another_user(CancellationToken cancel)
    {
        var store = new MemoryCursorStore();
        foreach (var user in new[] { _user + "-a", _user + "-b", _user + "-a" })
        {
            await _server.PublishAsync(user, "order", cancel);
            await using var reader = await FeedReader.StartAsync(Options() with { Token = _ => new(Tokens.For(user)), CursorStore = store }, cancel);
            var order = (OrderNotification)await reader.NextAsync(cancel);
            Assert.That(order.Topic, Is.EqualTo($"user:{user}"));
        }
    }

    [Test]
    public async Task A_thread_that_blocks_with_a_synchronization_context_is_not_needed(CancellationToken cancel)
    {
        await _server.PublishAsync(_user, "order 1", cancel);
        await _server.PublishAsync(_user, "order 2", cancel);
        var seen = new List<string>();
        var program = OneThreadContext.RunAsync(() =>
        {
            var feed = OrderFeed.ConnectAsync(Options() with { Token = TokenAfterAWhileAsync, CursorStore = new MemoryCursorStore() }, cancel).GetAwaiter().GetResult();
            var orders = feed.ReadAllAsync(cancel).GetAsyncEnumerator(cancel);
            while (seen.Count < 2 && orders.MoveNextAsync().AsTask().GetAwaiter().GetResult()) seen.Add(orders.Current.OrderId);
            feed.UnreadAsync(cancel).GetAwaiter().GetResult();
            orders.DisposeAsync().AsTask().GetAwaiter().GetResult();
            feed.DisposeAsync().AsTask().GetAwaiter().GetResult();
        });
        await Eventually.Ends("the program has not locked itself out", program, TimeSpan.FromSeconds(60), cancel);
        Assert.That(seen, Is.EqualTo(["order 1", "order 2"]));

        // As a desktop program writes it: without ConfigureAwait.
        async ValueTask<string> TokenAfterAWhileAsync(CancellationToken token)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, token);
            return Tokens.For(_user);
        }
    }

    [Test]
    public async Task A_server_that_is_not_there_yet_is_waited_for(CancellationToken cancel)
    {
        await _server.KillAsync();
        var states = new States();
        var connecting = OrderFeed.ConnectAsync(Options() with { OnStateChanged = states.Add }, cancel);
        await states.WasAsync(FeedPhase.Reconnecting, cancel);
        Assert.That(connecting.IsCompleted, Is.False);
        await _server.StartAgainAsync(cancel);
        await using var feed = await connecting;
        Assert.That(feed.Transport, Is.EqualTo(Transport.WebSockets));
    }

    [Test]
    public async Task Waiting_for_a_server_can_be_given_up(CancellationToken cancel)
    {
        var asked = 0;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var connecting = OrderFeed.ConnectAsync(Options(new Uri($"http://127.0.0.1:{FreePort.Next()}")) with
        {
            Token = _ =>
            {
                if (Interlocked.Increment(ref asked) == 3) enough.Cancel();
                return new(Tokens.For(_user));
            },
        }, enough.Token);
        Assert.That(async () => await connecting, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void A_wrong_token_is_asked_for_again_and_then_a_clear_error()
    {
        var asked = 0;
        var options = Options() with
        {
            Token = _ =>
            {
                asked++;
                return new(Tokens.Mint("""{"sub":"x","exp":4102444800}""", key: "another key, also 32 bytes long!"));
            },
        };
        Assert.That(async () => await OrderFeed.ConnectAsync(options), Throws.TypeOf<OrderFeedRefusedException>().With.Message.Contains("401"));
        Assert.That(asked, Is.EqualTo(2));
    }

    [Test]
    public async Task A_token_that_goes_bad_later_is_asked_for_until_it_is_good_again(CancellationToken cancel)
    {
        await using var network = new TcpProxy(_server.Port);
        var (good, asked) = (true, 0);
        await using var reader = await FeedReader.StartAsync(Options(network.Address) with
        {
            Token = _ =>
            {
                Interlocked.Increment(ref asked);
                return new(Volatile.Read(ref good) ? Tokens.For(_user) : Tokens.For(_user, TimeProvider.System.GetUtcNow().AddMinutes(-1)));
            },
        }, cancel);
        Volatile.Write(ref good, false);
        network.Cut();
        await Eventually.True("it goes on asking", () => Volatile.Read(ref asked) >= 5, TimeSpan.FromSeconds(60), cancel);
        Volatile.Write(ref good, true);
        reader.Feed.ReconnectNow();
        await _server.PublishAsync(_user, "order 1", cancel);
        Assert.That(await reader.TakeAsync(1, cancel), Has.Count.EqualTo(1));
    }

    [Test]
    public void A_user_who_may_not_read_gets_a_clear_error()
    {
        var groups = Enumerable.Range(0, 101).Select(n => $"g{n}").ToArray();
        Assert.That(
            async () => await OrderFeed.ConnectAsync(Options() with { Token = _ => new(Tokens.For(_user, groups)) }),
            Throws.TypeOf<OrderFeedRefusedException>().With.Message.Contains("403"));
    }

    [Test]
    public async Task A_token_provider_that_fails_is_asked_again(CancellationToken cancel)
    {
        var asked = 0;
        var states = new States();
        await using var feed = await OrderFeed.ConnectAsync(Options() with
        {
            Token = _ => ++asked < 3 ? throw new InvalidOperationException("The identity provider is away.") : new(Tokens.For(_user)),
            OnStateChanged = states.Add,
        }, cancel);
        Assert.That(states.All.First(state => state.Phase == FeedPhase.Reconnecting).Reason, Does.Contain("The identity provider is away."));
    }

    [Test]
    public async Task A_token_of_another_user_ends_the_feed(CancellationToken cancel)
    {
        await using var network = new TcpProxy(_server.Port);
        var user = _user;
        await using var reader = await FeedReader.StartAsync(Options(network.Address) with { Token = _ => new(Tokens.For(Volatile.Read(ref user))) }, cancel);
        Volatile.Write(ref user, _user + "-other");
        network.Cut();
        Assert.That(async () => await reader.Loop.WaitAsync(cancel), Throws.TypeOf<OrderFeedRefusedException>().With.Message.Contains(user));
        Assert.That(reader.Feed.State.Phase, Is.EqualTo(FeedPhase.Closed));
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
        await _server.PublishAsync(_user, "order 1", cancel);
        var seen = new List<string>();
        Assert.That(async () =>
        {
            await foreach (var order in feed.ReadAllAsync(enough.Token))
            {
                seen.Add(order.OrderId);
                await enough.CancelAsync();
            }
        }, Throws.InstanceOf<OperationCanceledException>());
        await _server.PublishAsync(_user, "order 2", cancel);
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
        await using var reader = await FeedReader.StartAsync(Options() with { OnStateChanged = _ => throw new FormatException("The window is gone.") }, cancel);
        await _server.PublishAsync(_user, "order 1", cancel);
        Assert.That(await reader.TakeAsync(1, cancel), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task The_position_is_saved_when_the_next_item_is_asked_for_and_not_before(CancellationToken cancel)
    {
        var store = new MemoryCursorStore();
        var key = new CursorKey(_server.Address.AbsoluteUri, _user);
        await using var feed = await OrderFeed.ConnectAsync(Options() with { CursorStore = store }, cancel);
        for (var n = 1; n <= 3; n++) await _server.PublishAsync(_user, $"order {n}", cancel);
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

    private OrderFeedOptions Options(Uri? server = null) => new()
    {
        Server = server ?? _server.Address,
        Token = _ => new(Tokens.For(_user)),
        ConfigureHandler = handler =>
        {
            handler.UseProxy = false;
            return handler;
        },
    };
}
