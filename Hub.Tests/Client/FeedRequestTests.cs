using Realtime.Client;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>What every request of a feed carries.</summary>
[TestFixture(Transport.WebSockets)]
[TestFixture(Transport.ServerSentEvents)]
[TestFixture(Transport.LongPolling)]
[TestFixture(Transport.EventSource)]
internal sealed class FeedRequestTests(Transport transport) : LoopbackFeed
{
    private bool Negotiates => transport is Transport.ServerSentEvents or Transport.LongPolling;

    [Test]
    public async Task The_token_and_the_librarys_headers(CancellationToken cancel)
    {
        Server = await FeedServer.StartAsync();
        await RunAsync(Options(transport) with { Token = _ => new("secret") }, cancel);
        Assert.That(Server.Requests, Has.Count.GreaterThan(1));
        Assert.Multiple(() =>
        {
            foreach (var request in Server.Requests)
            {
                Assert.That(request["Authorization"], Is.EqualTo("Bearer secret"));
                Assert.That(request["User-Agent"], Does.StartWith("Realtime-Client/").And.Not.Contain("SignalR"));
                Assert.That(request["X-Requested-With"], Is.EqualTo("XMLHttpRequest"));
                Assert.That(request.Query, Does.Not.Contain("secret"));
            }
        });
    }

    [Test]
    public async Task The_users_headers_replace_and_remove_but_for_the_token(CancellationToken cancel)
    {
        Server = await FeedServer.StartAsync();
        var headers = new Dictionary<string, string>
        {
            ["User-Agent"] = "",
            ["x-requested-with"] = "mine",
            ["X-Tenant"] = "7",
            ["Authorization"] = "Basic mine",
            ["Accept"] = "text/plain",
        };
        await RunAsync(Options(transport) with { Headers = headers, Token = _ => new("secret") }, cancel);
        foreach (var request in Server.Requests)
        {
            Assert.That(
                (request["User-Agent"], request["X-Requested-With"], request["X-Tenant"], request["Authorization"]),
                Is.EqualTo(((string?)null, "mine", "7", "Bearer secret")));
        }
    }

    [Test]
    public async Task Each_connection_begins_with_a_fresh_token(CancellationToken cancel)
    {
        Server = await FeedServer.StartAsync();
        await using var feed = await OrderFeed.ConnectAsync(Options(transport), cancel);
        await States.IsAsync(FeedPhase.Live, cancel);
        Server.CutAll();
        await Eventually.True("the feed is back", () => States.Phases.Count(phase => phase == FeedPhase.Live) == 2, cancel);
        var first = Server.Requests.Where(request => Negotiates ? request.IsNegotiation : request.Method == "GET").ToList();
        Assert.That(first.Select(request => request["Authorization"]), Is.EqualTo(["Bearer 1", "Bearer 2"]));
    }

    [Test]
    public async Task A_token_that_the_first_request_of_a_connection_brought_is_not_replaced(CancellationToken cancel)
    {
        Server = await FeedServer.RefusingAsync(_ => 401);
        var failed = await FailAsync(Options(transport), cancel);
        Assert.That(failed.Reason, Does.Contain("401"));
        Assert.That((Asked, Server.Requests.Count), Is.EqualTo((1, 1)), "it was asked for just now");
    }

    [Test]
    public async Task The_users_handler_is_made_once_for_each_connection_and_disposed_with_it(CancellationToken cancel)
    {
        Server = await FeedServer.StartAsync();
        var (made, disposed) = (0, 0);
        var feed = await OrderFeed.ConnectAsync(Options(transport) with
        {
            ConfigureHandler = handler =>
            {
                Interlocked.Increment(ref made);
                handler.UseProxy = false;
                return new Counted(handler, () => Interlocked.Increment(ref disposed));
            },
        }, cancel);
        await feed.UnreadAsync(cancel);
        await feed.DisposeAsync();
        Assert.That((made, disposed), Is.EqualTo((2, 2)), "one for the notifications, one for the count");
    }

    [Test]
    public async Task A_users_handler_that_fails_is_a_failed_try(CancellationToken cancel)
    {
        Server = await FeedServer.StartAsync();
        var tries = 0;
        var good = Options(transport);
        await using var feed = await OrderFeed.ConnectAsync(good with
        {
            ConfigureHandler = handler => ++tries switch
            {
                1 => throw new IOException("The certificate cannot be read."),
                2 => null!,
                _ => good.ConfigureHandler!(handler),
            },
        }, cancel);
        var reasons = States.All.Where(state => state.Phase == FeedPhase.Reconnecting).Select(state => state.Reason);
        Assert.That(reasons, Is.EqualTo(["The certificate cannot be read.", "ConfigureHandler returned null: return the handler to use."]));
    }

    private static async Task RunAsync(OrderFeedOptions options, CancellationToken cancel)
    {
        await using var feed = await OrderFeed.ConnectAsync(options, cancel);
        Assert.That(await feed.UnreadAsync(cancel), Is.Zero);
    }

    /// <summary>Reports its disposal once, however often it is disposed.</summary>
    private sealed class Counted(HttpMessageHandler inner, Action disposed) : DelegatingHandler(inner)
    {
        private int _isDisposed;

        protected override void Dispose(bool disposing)
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) == 0) disposed();
            base.Dispose(disposing);
        }
    }
}
