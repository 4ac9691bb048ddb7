using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Realtime.Client;
using Realtime.Client.Feed.Connections;
using Realtime.Client.Feed.Requests;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>
/// Cases that a correct server never causes, or only after a long time: the test writes the event stream itself, and moves the clock.
/// </summary>
[CancelAfter(60_000)]
internal sealed class ScriptedStreamTests
{
    private const string Position = """{"cursor":"c0"}""";

    private readonly ManualTime _time = new();
    private ConcurrentDictionary<int, Channel<string?>> _scripts = null!;
    private ConcurrentQueue<string?> _lastEventIds = null!;
    private LoopbackServer _server = null!;
    private States _states = null!;

    [SetUp]
    public async Task StartServer()
    {
        (_scripts, _lastEventIds, _states) = (new(), new(), new());
        _server = await LoopbackServer.AnsweringAsync(ServeAsync);
    }

    [TearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [Test]
    public async Task A_stream_that_is_silent_for_45_seconds_is_dead(CancellationToken cancel)
    {
        Send(1, Position);
        await using var reader = await FeedReader.StartAsync(Options(), cancel);
        for (var heartbeat = 0; heartbeat < 3; heartbeat++)
        {
            _time.Advance(FeedLimits.Silence - TimeSpan.FromSeconds(1));
            Send(1, Order(heartbeat + 1));
            await reader.NextAsync(cancel);
        }
        Assert.That(_states.Phases, Has.None.EqualTo(FeedPhase.Reconnecting));
        // The client sets its time-out when it waits again, which the test cannot see. The clock therefore advances until the client
        // reacts.
        await AdvanceUntilAsync(FeedPhase.Reconnecting, FeedLimits.Silence, cancel);
        Assert.That(
            _states.All.First(state => state.Phase == FeedPhase.Reconnecting).Reason, Is.EqualTo("The server has been silent for 45 s."));
        Send(2, Order(4));
        await AdvanceAsync("it is back from its position", () => _lastEventIds.Contains("c3"), TimeSpan.FromMilliseconds(100), cancel);
        Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo(["user:a 4 order 4"]));
    }

    [Test]
    public async Task Only_the_time_in_which_the_feed_waits_counts_as_silence(CancellationToken cancel)
    {
        await using var connection = new EventStreamConnection(new FeedHttp(Options(), _ => new("token")), _server.Address, _time);
        await using var items = connection.SubscribeAsync(null, cancel).GetAsyncEnumerator(cancel);
        var first = items.MoveNextAsync();
        Send(1, Position);
        Assert.That(await first);
        _time.Advance(2 * FeedLimits.Silence);
        Send(1, Order(1));
        Assert.That(await items.MoveNextAsync());
        Assert.That(items.Current.Cursor, Is.EqualTo("c1"));
    }

    [Test]
    public async Task A_stream_that_connects_and_says_nothing_counts_as_failed(CancellationToken cancel)
    {
        var connecting = OrderFeed.ConnectAsync(Options(), cancel);
        await AdvanceUntilAsync(FeedPhase.Reconnecting, TimeSpan.FromSeconds(10), cancel);
        Assert.That(_states.Last!.Reason, Is.EqualTo("Nothing arrived within 10 s."));
        Assert.That(connecting.IsCompleted, Is.False);
        Send(2, Position);
        await AdvanceAsync("it is connected", () => connecting.IsCompleted, TimeSpan.FromMilliseconds(100), cancel);
        await (await connecting).DisposeAsync();
    }

    [Test]
    public async Task What_is_lost_on_the_way_is_fetched_from_before_it(CancellationToken cancel)
    {
        Send(1, Position, Order(1), Order(3));
        await using var reader = await FeedReader.StartAsync(Options(), cancel);
        await Eventually.True("the client asks from before the hole", () => _lastEventIds.Contains("c1"), cancel);
        Send(2, Order(2), Order(3));
        Assert.That(await reader.TakeAsync(3, cancel), Is.EqualTo(["user:a 1 order 1", "user:a 2 order 2", "user:a 3 order 3"]));
        Assert.That(_states.Phases, Has.None.EqualTo(FeedPhase.Reconnecting));
    }

    [Test]
    public async Task The_server_says_when_to_come_back(CancellationToken cancel)
    {
        Send(1, Position, """{"cursor":"c0","closing":{"reason":"unavailable","reconnectInMs":4321}}""", null);
        await using var reader = await FeedReader.StartAsync(Options(), cancel);
        await _states.IsAsync(FeedPhase.Reconnecting, cancel);
        Assert.Multiple(() =>
        {
            Assert.That(_states.Last!.ReconnectIn, Is.EqualTo(TimeSpan.FromMilliseconds(4321)));
            Assert.That(_states.Last!.ReconnectAt, Is.EqualTo(_time.GetUtcNow() + TimeSpan.FromMilliseconds(4321)));
            Assert.That(_states.Last!.Reason, Does.Contain("unavailable"));
        });
        Send(2, Position);
        await AdvanceAsync("it is back", () => _lastEventIds.Count == 2, TimeSpan.FromMilliseconds(500), cancel);
    }

    [Test]
    public async Task The_retry_field_counts_when_a_stream_breaks_off(CancellationToken cancel)
    {
        SendBlock(1, $"retry: 2345\ndata: {Position}\n\n");
        SendBlock(1, null);
        await using var reader = await FeedReader.StartAsync(Options(), cancel);
        await _states.IsAsync(FeedPhase.Reconnecting, cancel);
        Assert.That(_states.Last!.ReconnectIn, Is.EqualTo(TimeSpan.FromMilliseconds(2345)));
    }

    [Test]
    public async Task Who_is_revoked_does_not_come_back(CancellationToken cancel)
    {
        Send(1, Position, Order(1), """{"cursor":"c1","closing":{"reason":"revoked","reconnectInMs":0}}""", null);
        await using var reader = await FeedReader.StartAsync(Options(), cancel);
        Assert.That(
            async () => await reader.Loop.WaitAsync(cancel), Throws.TypeOf<OrderFeedRefusedException>().With.Message.Contains("revoked"));
        Assert.That(reader.Rest(), Is.EqualTo(["user:a 1 order 1"]), "what had arrived is given out");
        Assert.That(reader.Feed.State.Phase, Is.EqualTo(FeedPhase.Closed));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.That(_lastEventIds, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task An_event_that_was_cut_in_the_middle_does_not_count(CancellationToken cancel)
    {
        SendBlock(1, $"id: c0\ndata: {Position}\n\nid: c1\ndata: {Order(1)}\n\nid: c2\ndata: {Order(2)[..20]}");
        SendBlock(1, null);
        await using var reader = await FeedReader.StartAsync(Options(), cancel);
        Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo(["user:a 1 order 1"]));
        Send(2, Order(2));
        await AdvanceAsync(
            "it is back from the last whole one", () => _lastEventIds.Contains("c1"), TimeSpan.FromMilliseconds(100), cancel);
        Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo(["user:a 2 order 2"]));
    }

    [Test]
    public async Task Garbage_is_a_failure_with_a_reason_and_no_end(CancellationToken cancel)
    {
        Send(1, Position);
        SendBlock(1, "data: {\"cursor\":\n\n");
        await using var reader = await FeedReader.StartAsync(Options(), cancel);
        await _states.IsAsync(FeedPhase.Reconnecting, cancel);
        Send(2, Position, Order(1));
        await AdvanceAsync("it is back", () => _lastEventIds.Count == 2, TimeSpan.FromMilliseconds(100), cancel);
        Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo(["user:a 1 order 1"]));
    }

    [Test]
    public async Task Waiting_memory_is_bounded_while_the_loop_stands_still(CancellationToken cancel)
    {
        Send(1, Position);
        await using var feed = await OrderFeed.ConnectAsync(Options() with { BufferedItems = 16 }, cancel);
        for (var n = 1; n <= 100; n++) Send(1, Order(n));
        // The feed leaves the stream when the buffer is full (a position and 15 orders), and resumes from there when half of it is free.
        await Eventually.True("the client has left the stream", () => _server.OpenSockets == 0, cancel);
        await using var orders = feed.ReadAllAsync(cancel).GetAsyncEnumerator(cancel);
        for (var n = 1; n <= 7; n++) Assert.That(await orders.MoveNextAsync());
        Assert.That(_lastEventIds, Has.Count.EqualTo(1), "7 of 16 are not half");
        for (var n = 8; n <= 15; n++) Assert.That(await orders.MoveNextAsync());
        await Eventually.True("the client goes on from what it has", () => _lastEventIds.Contains("c15"), cancel);
        Send(2, Order(16));
        Assert.That(await orders.MoveNextAsync());
        Assert.That(orders.Current.Sequence, Is.EqualTo(16));
    }

    [TestCase(-3_600, 100, TestName = "A busy feed whose publisher's clock is behind is live")]
    [TestCase(3_600, 100, TestName = "A busy feed whose publisher's clock is ahead is live")]
    [TestCase(-50_000_000, 0, TestName = "A busy feed whose publisher's clock stands still is live")]
    public async Task A_busy_feed_whose_publishers_clock_is_off_is_live(int secondsOff, int millisecondsApart)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        await using var reader = await StartBusyAsync(secondsOff, millisecondsApart, cancel);
        await _states.IsAsync(FeedPhase.Live, cancel);
    }

    [Test]
    public async Task What_was_sent_over_a_longer_time_than_it_arrives_in_is_caught_up_with(CancellationToken cancel)
    {
        await using var reader = await StartBusyAsync(-3_600, 1_000, cancel);
        Assert.That(_states.Phases, Has.None.EqualTo(FeedPhase.Live));
    }

    /// <summary>Sends orders for ten seconds, at an interval shorter than the silence time-out.</summary>
    private async Task<FeedReader> StartBusyAsync(int secondsOff, int millisecondsApart, CancellationToken cancel)
    {
        Send(1, Position);
        var reader = await FeedReader.StartAsync(Options(), cancel);
        var first = _time.GetUtcNow().AddSeconds(secondsOff);
        for (var n = 1; n <= 100; n++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            Send(1, Order(n, first.AddMilliseconds(n * millisecondsApart)));
            await reader.NextAsync(cancel);
        }
        return reader;
    }

    private OrderFeedOptions Options() => new()
    {
        Server = _server.Address,
        Token = _ => new("token"),
        Transports = [Transport.EventSource],
        TimeProvider = _time,
        OnStateChanged = _states.Add,
        ConfigureHandler = handler =>
        {
            handler.UseProxy = false;
            return handler;
        },
    };

    private Task AdvanceUntilAsync(FeedPhase phase, TimeSpan by, CancellationToken cancel) =>
        AdvanceAsync($"the feed is {phase}", () => _states.Phases.Contains(phase), by, cancel);

    private Task AdvanceAsync(string reason, Func<bool> condition, TimeSpan by, CancellationToken cancel) => Eventually.True(reason, () =>
    {
        if (!condition()) _time.Advance(by);
        return condition();
    }, TimeSpan.FromSeconds(30), cancel);

    private static string Order(int n, DateTimeOffset? sent = null) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"cursor":"c{{n}}","topic":"user:a","sequence":{{n}},"id":"{{n}}","type":"t","orderId":"order {{n}}","time":"{{sent?.ToString("O") ?? "2020-01-01T00:00:00Z"}}"}""");

    /// <summary>Sends items on the n-th connection, which may not exist yet; null ends the stream.</summary>
    private void Send(int connection, params string?[] items)
    {
        foreach (var item in items) SendBlock(connection, item is null ? null : $"data: {item}\n\n");
    }

    private void SendBlock(int connection, string? block) => Script(connection).Writer.TryWrite(block);

    private Channel<string?> Script(int connection) => _scripts.GetOrAdd(connection, _ => Channel.CreateUnbounded<string?>());

    private async Task ServeAsync(HttpContext context)
    {
        _lastEventIds.Enqueue(context.Request.Headers["Last-Event-ID"]);
        var script = Script(_lastEventIds.Count);
        context.Response.ContentType = "text/event-stream";
        await context.Response.StartAsync(context.RequestAborted);
        while (await script.Reader.ReadAsync(context.RequestAborted) is { } block)
        {
            await context.Response.WriteAsync(block, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }
}
