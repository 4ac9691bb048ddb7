using Realtime.Client;
using Realtime.Tests.Delivery;

namespace Realtime.Tests.Client;

/// <summary>Which transport a feed chooses, and when it switches to another.</summary>
internal sealed class FeedFallbackTests : OrderFeedFixture
{
    [Test]
    public async Task The_first_transport_is_taken_when_it_works(CancellationToken cancel)
    {
        await using var feed = await OrderFeed.ConnectAsync(Options(), cancel);
        Assert.That(feed.Transport, Is.EqualTo(Transport.WebSockets));
    }

    [Test]
    public async Task Behind_a_proxy_that_buffers_the_one_that_carries_is_found_and_kept(CancellationToken cancel)
    {
        await using var proxy = await BufferingProxy.StartAsync(Server.Address);
        var states = new States();
        var options = Options(proxy.Address) with { ConnectTimeout = TimeSpan.FromSeconds(2), OnStateChanged = states.Add };
        await using var reader = await FeedReader.StartAsync(options, cancel);
        Assert.That(reader.Feed.Transport, Is.EqualTo(Transport.LongPolling));
        await Server.PublishAsync(User, "order 1", cancel);
        Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo([$"user:{User} 1 order 1"]));
        await Server.KillAsync();
        await states.IsAsync(FeedPhase.Reconnecting, cancel);
        await Server.StartAgainAsync(cancel);
        var before = proxy.Requests.Count;
        await states.IsAsync(FeedPhase.Live, cancel);
        Assert.That(proxy.Requests.Skip(before)
            .Select(request => request["Upgrade"]), Has.All.Null, "WebSockets are not tried again each time");
    }

    [Test]
    public async Task An_event_stream_that_does_not_carry_gives_way_too(CancellationToken cancel)
    {
        await using var proxy = await BufferingProxy.StartAsync(Server.Address);
        await using var feed = await OrderFeed.ConnectAsync(
            Options(proxy.Address) with
            {
                ConnectTimeout = TimeSpan.FromSeconds(2),
                Transports = [Transport.EventSource, Transport.LongPolling]
            }, cancel);
        Assert.That(feed.Transport, Is.EqualTo(Transport.LongPolling));
    }
}
