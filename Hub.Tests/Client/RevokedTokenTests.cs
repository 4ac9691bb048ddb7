using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Realtime.Client;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>Answers that refuse a token because an operator has disconnected its user: a newer token gets one chance.</summary>
[TestFixture(Transport.WebSockets)]
[TestFixture(Transport.ServerSentEvents)]
[TestFixture(Transport.LongPolling)]
internal sealed class RevokedTokenTests(Transport transport) : LoopbackFeed
{
    private const string Revoked =
        """{"type":"urn:realtime:problem/revoked","title":"Unauthorized","status":401,"detail":"The user was disconnected by an operator."}""";

    [Test]
    public async Task A_newer_token_is_accepted(CancellationToken cancel)
    {
        Server = await StartAsync(token => token == "1");
        await using var feed = await OrderFeed.ConnectAsync(Options(transport), cancel);
        Assert.That(Asked, Is.EqualTo(2));
    }

    [Test]
    public async Task A_newer_token_that_is_refused_as_well_closes_a_feed_that_comes_back(CancellationToken cancel)
    {
        var revoked = false;
        Server = await StartAsync(_ => Volatile.Read(ref revoked));
        await using var reader = await FeedReader.StartAsync(Options(transport), cancel);
        var before = Server.Requests.Count;
        Volatile.Write(ref revoked, true);
        Server.CutAll();
        Assert.That(
            async () => await reader.Loop.WaitAsync(cancel),
            Throws.TypeOf<OrderFeedRefusedException>().With.Message.Contains("disconnected by an operator"));
        Assert.That(Asked, Is.EqualTo(3));
        // An event stream's sends and a poll may meet the cut as well.
        Assert.That(Server.Requests.Skip(before).Select(request => request["Authorization"]).Distinct(), Is.SubsetOf(
            ["Bearer 1", "Bearer 2", "Bearer 3"]));
        Assert.That(States.Phases, Has.One.EqualTo(FeedPhase.Closed));
    }

    [Test]
    public async Task A_user_without_another_token_gets_a_clear_error_also_where_another_transport_is_left(CancellationToken cancel)
    {
        Server = await StartAsync(_ => true);
        Assert.That(
            async () => await OrderFeed.ConnectAsync(Options(transport, Transport.EventSource), cancel),
            Throws.TypeOf<OrderFeedRefusedException>().With.Message.Contains("disconnected by an operator"));
        Assert.That((Asked, Server.Requests.Count), Is.EqualTo((2, 2)));
    }

    private static Task<LoopbackServer> StartAsync(Predicate<string> isRevoked) => FeedServer.StartAsync(app => app.Use((context, next) =>
    {
        if (!isRevoked(context.Request.Headers.Authorization.ToString()["Bearer ".Length..])) return next(context);
        context.Response.StatusCode = 401;
        context.Response.ContentType = "application/problem+json";
        return context.Response.WriteAsync(Revoked, context.RequestAborted);
    }));
}
