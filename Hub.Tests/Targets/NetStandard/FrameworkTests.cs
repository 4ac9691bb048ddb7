using System.Net;
using Realtime.Client;
using Realtime.Tests.Client;

namespace Realtime.Tests.Targets;

/// <summary>What only the build for .NET Framework does, as far as .NET runs it.</summary>
internal sealed class FrameworkTests : OrderFeedFixture
{
    [Test]
    public async Task More_connections_are_allowed_to_the_hub_and_no_more_to_others(CancellationToken cancel)
    {
        var other = LimitOf(new("http://other.example"));
        await using var reader = await FeedReader.StartAsync(Options() with { Transports = [Transport.LongPolling] }, cancel);
        Assert.That(LimitOf(Server.Address), Is.EqualTo(64).And.GreaterThan(other));
        Assert.That(LimitOf(new("http://other.example")), Is.EqualTo(other));
    }

    [TestCase(Transport.ServerSentEvents)]
    [TestCase(Transport.LongPolling)]
    [TestCase(Transport.EventSource)]
    [TestCase(Transport.WebSockets, Transport.ServerSentEvents)]
    public void A_refused_token_is_known_by_its_status_on_all_but_WebSockets(params Transport[] transports) => Assert.That(
        async () => await OrderFeed.ConnectAsync(Options() with { Token = _ => new("nonsense"), Transports = transports }),
        Throws.TypeOf<OrderFeedRefusedException>().With.Message.Contains("401"));

#pragma warning disable SYSLIB0014 // What .NET Framework reads.
    private static int LimitOf(Uri address) => ServicePointManager.FindServicePoint(address).ConnectionLimit;
#pragma warning restore SYSLIB0014
}
