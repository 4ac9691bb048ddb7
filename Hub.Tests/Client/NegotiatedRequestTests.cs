using Microsoft.AspNetCore.Builder;
using Realtime.Client;

namespace Realtime.Tests.Client;

/// <summary>What the requests of one connection share, where a connection is more than one request.</summary>
[TestFixture(Transport.ServerSentEvents)]
[TestFixture(Transport.LongPolling)]
internal sealed class NegotiatedRequestTests(Transport transport) : LoopbackFeed
{
    [Test]
    public async Task A_cookie_that_the_first_answer_sets_comes_back_on_the_same_connection(CancellationToken cancel)
    {
        Server = await FeedServer.StartAsync(app => app.Use((context, next) =>
        {
            if (context.Request.IsNegotiation()) context.Response.Cookies.Append("node", "3");
            return next(context);
        }));
        await (await OrderFeed.ConnectAsync(Options(transport), cancel)).DisposeAsync();
        var later = Server.Requests.Where(request => !request.IsNegotiation);
        Assert.That(later.Select(request => request["Cookie"]), Is.Not.Empty.And.All.EqualTo("node=3"));
    }

    [Test]
    public async Task A_token_that_is_refused_on_the_way_is_replaced_and_the_request_sent_again(CancellationToken cancel)
    {
        // The first token is valid for the negotiation only; every later request needs the second.
        Server = await FeedServer.RefusingAsync(
            request => !request.IsNegotiation() && request.Headers.Authorization != "Bearer 2" ? 401 : null);
        await using var feed = await OrderFeed.ConnectAsync(Options(transport), cancel);
        Assert.That(Asked, Is.EqualTo(2));
        Assert.That(States.Phases, Has.None.EqualTo(FeedPhase.Reconnecting));
    }

    [Test]
    public async Task A_token_that_stays_refused_is_asked_for_once_more_and_no_more(CancellationToken cancel)
    {
        Server = await FeedServer.RefusingAsync(request => request.IsNegotiation() ? null : 401);
        var failed = await FailAsync(Options(transport), cancel);
        Assert.That(failed.Reason, Does.Contain("401"));
        Assert.That(Asked, Is.EqualTo(2));
    }
}
