using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Realtime.Client;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>Polls whose responses do not arrive, arrive in part, or are refusals; and how a feed says goodbye.</summary>
[CancelAfter(60_000)]
internal sealed class PollTests
{
    private States _states = null!;
    private ManualTime _time = null!;
    private PollingHub _hub = null!;

    [SetUp]
    public void Begin() => (_states, _time) = (new(), new());

    [TearDown]
    public async Task StopServer() => await _hub.DisposeAsync();

    [Test]
    public async Task A_poll_that_stays_unanswered_for_45_seconds_ends_the_connection_and_is_not_repeated(CancellationToken cancel)
    {
        _hub = await PollingHub.StartAsync((context, _) => LoopbackServer.UntilAborted(context));
        var lost = await ReadUntilLostAsync(cancel, advanceBy: FeedLimits.Silence);
        Assert.That(lost.Error, Is.TypeOf<TimeoutException>().With.Message.EqualTo("The answer to GET took over 45 s."));
        Assert.That(_hub.PollsOf(1), Is.EqualTo(1));
    }

    [Test]
    public async Task An_answer_that_stops_in_the_middle_ends_the_connection(CancellationToken cancel)
    {
        _hub = await PollingHub.StartAsync(async (context, _) =>
        {
            await HalfAsync(context);
            await LoopbackServer.UntilAborted(context);
        });
        var lost = await ReadUntilLostAsync(cancel, advanceBy: FeedLimits.Silence);
        Assert.That(lost.Error, Is.TypeOf<TimeoutException>());
        Assert.That(_hub.PollsOf(1), Is.EqualTo(1));
    }

    [Test]
    public async Task An_answer_that_breaks_off_ends_the_connection_and_the_feed_goes_on_from_its_position(CancellationToken cancel)
    {
        const string Order =
            """{"cursor":"c1","topic":"user:a","sequence":1,"id":"1","type":"t","orderId":"order 1","time":"2020-01-01T00:00:00Z"}""";
        var broken = 0;
        _hub = await PollingHub.StartAsync(async (context, poll) =>
        {
            if (Interlocked.Exchange(ref broken, 1) == 0)
            {
                await HalfAsync(context);
                context.Abort();
            }
            else if (poll == 1) await context.Response.WriteAsync(PollingHub.Item(Order), cancel);
            else await LoopbackServer.UntilAborted(context);
        });
        await using var reader = await FeedReader.StartAsync(Options() with { TimeProvider = TimeProvider.System }, cancel);
        Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo(["user:a 1 order 1"]));
        Assert.That(_hub.PollsOf(1), Is.EqualTo(1));
        Assert.That(_states.Phases, Has.One.EqualTo(FeedPhase.Reconnecting));
    }

    [Test]
    public async Task A_poll_whose_socket_is_closed_before_an_answer_is_not_sent_again(CancellationToken cancel)
    {
        // A clean close, as by a proxy that restarts: SocketsHttpHandler then repeats a bare GET up to three times.
        _hub = await PollingHub.StartAsync((context, _) =>
        {
            context.Features.Get<IConnectionSocketFeature>()!.Socket.Shutdown(SocketShutdown.Send);
            return LoopbackServer.UntilAborted(context);
        });
        await ReadUntilLostAsync(cancel);
        Assert.That(_hub.PollsOf(1), Is.EqualTo(1));
    }

    [TestCase(404)]
    [TestCase(502)]
    public async Task A_poll_that_is_refused_ends_the_connection_with_its_status(int status, CancellationToken cancel)
    {
        _hub = await PollingHub.StartAsync((context, _) => PollingHub.Status(context, status));
        var lost = await ReadUntilLostAsync(cancel);
        Assert.That(lost.Error, Is.TypeOf<HttpRequestException>().With.Message.Contains($"{status}"));
    }

    [Test]
    public async Task A_poll_that_is_refused_twice_because_its_user_is_disconnected_closes_the_feed(CancellationToken cancel)
    {
        _hub = await PollingHub.StartAsync((context, _) =>
        {
            (context.Response.StatusCode, context.Response.ContentType) = (401, "application/problem+json");
            return context.Response.WriteAsync("""{"type":"urn:realtime:problem/revoked","detail":"Disconnected."}""", cancel);
        });
        await using var reader = await FeedReader.StartAsync(Options(), cancel);
        Assert.That(
            async () => await reader.Loop.WaitAsync(cancel), Throws.TypeOf<OrderFeedRefusedException>().With.Message.Contains("operator"));
        Assert.That(_hub.PollsOf(1), Is.EqualTo(2), "the second with a newer token");
        Assert.That(_states.Phases, Has.None.EqualTo(FeedPhase.Reconnecting));
    }

    [Test]
    public async Task A_poll_that_is_answered_with_204_ends_the_connection(CancellationToken cancel)
    {
        _hub = await PollingHub.StartAsync((context, _) => PollingHub.Status(context, 204));
        await ReadUntilLostAsync(cancel);
        Assert.That(_hub.PollsOf(1), Is.EqualTo(1));
    }

    [Test]
    public async Task An_answer_that_is_larger_than_the_limit_ends_the_connection(CancellationToken cancel)
    {
        _hub = await PollingHub.StartAsync(async (context, _) =>
        {
            context.Response.ContentLength = FeedLimits.AnswerBytes + 1;
            await context.Response.Body.FlushAsync(cancel);
            await LoopbackServer.UntilAborted(context);
        });
        var lost = await ReadUntilLostAsync(cancel);
        Assert.That(lost.Reason, Does.Contain($"{FeedLimits.AnswerBytes}"));
    }

    [Test]
    public async Task A_send_that_is_refused_ends_the_connection(CancellationToken cancel)
    {
        _hub = await PollingHub.StartAsync((context, _) => LoopbackServer.UntilAborted(context), post: 500);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var connecting = OrderFeed.ConnectAsync(Options(), enough.Token);
        await _states.WasAsync(FeedPhase.Reconnecting, cancel);
        Assert.That(_states.Last!.Reason, Does.Contain("500"));
        await enough.CancelAsync();
        Assert.That(async () => await connecting, Throws.InstanceOf<OperationCanceledException>());
    }

    [TestCase(202)]
    [TestCase(404)]
    [TestCase(500)]
    public async Task A_feed_that_leaves_says_so_after_its_last_poll(int answer, CancellationToken cancel)
    {
        _hub = await PollingHub.StartAsync((context, _) => LoopbackServer.UntilAborted(context), delete: answer);
        var feed = await OrderFeed.ConnectAsync(Options(), cancel);
        await Eventually.True("it polls", () => _hub.PollsOf(1) == 1, cancel);
        await Eventually.Ends("it is closed", feed.DisposeAsync().AsTask(), cancel);
        Assert.That(_hub.MethodsOf(1).Last(), Is.EqualTo("DELETE"));
    }

    [Test]
    public async Task A_goodbye_that_stays_unanswered_is_given_up_after_a_second(CancellationToken cancel)
    {
        _hub = await PollingHub.StartAsync((context, _) => LoopbackServer.UntilAborted(context), delete: null);
        var feed = await OrderFeed.ConnectAsync(Options(), cancel);
        var leaving = feed.DisposeAsync().AsTask();
        await Eventually.True("it says goodbye", () => _hub.MethodsOf(1).Contains("DELETE"), cancel);
        _time.Advance(FeedLimits.Farewell - TimeSpan.FromMilliseconds(1));
        Assert.That(leaving.IsCompleted, Is.False);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Eventually.Ends("it is closed", leaving, cancel);
        await Eventually.True("no socket is left", () => _hub.Server.OpenSockets == 0, cancel);
    }

    private OrderFeedOptions Options() => new()
    {
        Server = _hub.Server.Address,
        Token = _ => new("token"),
        Transports = [Transport.LongPolling],
        TimeProvider = _time,
        OnStateChanged = _states.Add,
        ConfigureHandler = handler =>
        {
            handler.UseProxy = false;
            return handler;
        },
    };

    /// <summary>Opens a feed, waits until its connection is lost, and closes it.</summary>
    /// <param name="advanceBy">Moves the clock repeatedly, because a test cannot see when the client has set its time-out.</param>
    private async Task<FeedState> ReadUntilLostAsync(CancellationToken cancel, TimeSpan advanceBy = default)
    {
        await using var feed = await OrderFeed.ConnectAsync(Options(), cancel);
        await Eventually.True("it polls", () => _hub.PollsOf(1) == 1, cancel);
        await Eventually.True("the connection is lost", () =>
        {
            if (!_states.Phases.Contains(FeedPhase.Reconnecting)) _time.Advance(advanceBy);
            return _states.Phases.Contains(FeedPhase.Reconnecting);
        }, cancel);
        return _states.All.First(state => state.Phase == FeedPhase.Reconnecting);
    }

    private static async Task HalfAsync(HttpContext context)
    {
        context.Response.ContentLength = 100;
        await context.Response.WriteAsync("half", context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }
}
