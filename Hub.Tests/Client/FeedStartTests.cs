using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Realtime.Client;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>Connecting, falling back, giving up, and what a failed start leaves open.</summary>
internal sealed class FeedStartTests : LoopbackFeed
{
    private static readonly Transport[] All = Enum.GetValues<Transport>();

    [TestCase(401)]
    [TestCase(403)]
    [TestCase(404)]
    [TestCase(429)]
    [TestCase(503)]
    public async Task The_status_of_a_refused_WebSocket_reaches_the_caller(int status, CancellationToken cancel)
    {
        Server = await FeedServer.RefusingAsync(_ => status);
        var failed = await FailAsync(Options(Transport.WebSockets), cancel);
        var refusal = failed.Error as HttpRequestException ?? failed.Error!.InnerException as HttpRequestException;
        Assert.That((int?)refusal?.StatusCode, Is.EqualTo(status));
        Assert.That(refusal!.Message, Does.Contain($"/hubs/orders was answered with {status}"));
        // A feed whose user may not read does not reconnect.
        Assert.That(failed.Phase, Is.EqualTo(status == 403 ? FeedPhase.Closed : FeedPhase.Reconnecting));
    }

    [Test]
    public async Task A_transport_that_fails_gives_way_to_the_next_with_a_new_negotiation(CancellationToken cancel)
    {
        Server = await FeedServer.RefusingAsync(request => request.IsUpgrade() || request.IsEventStream() ? 502 : null);
        await using var feed = await OrderFeed.ConnectAsync(Options(All), cancel);
        Assert.That(feed.Transport, Is.EqualTo(Transport.LongPolling));
        Assert.That(Server.Requests.Count(request => request.IsNegotiation), Is.EqualTo(2), "a WebSocket needs none");
    }

    [Test]
    public async Task A_page_in_place_of_an_event_stream_gives_way_too(CancellationToken cancel)
    {
        Server = await FeedServer.StartAsync(app => app.Use((context, next) =>
        {
            if (!context.Request.IsEventStream()) return next(context);
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync("<h1>Please sign in</h1>", context.RequestAborted);
        }));
        var options = Options(Transport.EventSource, Transport.ServerSentEvents, Transport.LongPolling);
        await using var feed = await OrderFeed.ConnectAsync(options, cancel);
        Assert.That(feed.Transport, Is.EqualTo(Transport.LongPolling));
    }

    [Test]
    public async Task A_transport_that_the_server_does_not_offer_is_passed_over(CancellationToken cancel)
    {
        Server = await FeedServer.StartAsync(offered: HttpTransportType.LongPolling);
        var options = Options(Transport.WebSockets, Transport.ServerSentEvents, Transport.LongPolling);
        await using var feed = await OrderFeed.ConnectAsync(options, cancel);
        Assert.That(feed.Transport, Is.EqualTo(Transport.LongPolling));
    }

    [Test]
    public async Task When_all_fail_the_reason_names_them_one_by_one(CancellationToken cancel)
    {
        Server = await FeedServer.RefusingAsync(request => request.IsNegotiation() ? null : 503);
        var failed = await FailAsync(Options(All), cancel);
        var reasons = failed.Reason!.Split(" · ");
        Assert.That(reasons, Has.Length.EqualTo(All.Length).And.All.Contains("503"));
        for (var n = 0; n < All.Length; n++) Assert.That(reasons[n], Does.StartWith($"{All[n]}: "));
    }

    [TestCase(Transport.WebSockets)]
    [TestCase(Transport.ServerSentEvents)]
    [TestCase(Transport.LongPolling)]
    [TestCase(Transport.EventSource)]
    public async Task A_start_that_hangs_has_its_limit(Transport transport, CancellationToken cancel)
    {
        Server = await FeedServer.StartAsync(app => app.Use((context, next) =>
            context.Request.Method == "GET" ? LoopbackServer.UntilAborted(context) : next(context)));
        var failed = await FailAsync(Options(transport) with { ConnectTimeout = TimeSpan.FromMilliseconds(300) }, cancel);
        Assert.That(failed.Reason, Is.EqualTo("Nothing arrived within 0.3 s."));
    }

    [TestCase("POST", Transport.ServerSentEvents)]
    [TestCase("POST", Transport.LongPolling)]
    [TestCase("GET", Transport.WebSockets)]
    [TestCase("GET", Transport.ServerSentEvents)]
    [TestCase("GET", Transport.LongPolling)]
    [TestCase("GET", Transport.EventSource)]
    public async Task A_start_that_hangs_at_any_stage_can_be_cancelled_and_leaves_nothing(
        string stage, Transport transport, CancellationToken cancel)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Server = await FeedServer.StartAsync(app => app.Use(async (context, next) =>
        {
            if (context.Request.Method != stage)
            {
                await next(context);
                return;
            }
            reached.TrySetResult();
            await LoopbackServer.UntilAborted(context);
        }));
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var start = OrderFeed.ConnectAsync(Options(transport), enough.Token);
        await Eventually.Ends("the stage is reached", reached.Task, cancel);
        await enough.CancelAsync();
        Assert.That(async () => await start, Throws.InstanceOf<OperationCanceledException>());
        await Eventually.True("no socket is left", () => Server.OpenSockets == 0, cancel);
    }

    [TestCase(Transport.WebSockets)]
    [TestCase(Transport.ServerSentEvents)]
    [TestCase(Transport.LongPolling)]
    [TestCase(Transport.EventSource)]
    public async Task A_closed_feed_leaves_no_socket(Transport transport, CancellationToken cancel)
    {
        Server = await FeedServer.StartAsync();
        var feed = await OrderFeed.ConnectAsync(Options(transport), cancel);
        await feed.UnreadAsync(cancel);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Task.Run(async () => await feed.DisposeAsync(), cancel)));
        await Eventually.True("no socket is left", () => Server.OpenSockets == 0, cancel);
    }
}
