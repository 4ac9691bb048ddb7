using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Connections.Client;
using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>A feed over a hub connection that was built elsewhere.</summary>
internal sealed class GivenConnectionTests : OrderFeedFixture
{
    [Test]
    public async Task A_connection_that_was_built_elsewhere_is_read_and_left_as_it_is(CancellationToken cancel)
    {
        await using var network = new TcpProxy(Server.Port);
        await using var hub = new HubConnectionBuilder()
            .WithUrl(new Uri(network.Address, "/hubs/orders"), HttpTransportType.WebSockets, UseToken)
            .Build();
        await hub.StartAsync(cancel);
        await using (var reader = await FeedReader.StartAsync(new() { Connection = hub }, cancel))
        {
            await Server.PublishAsync(User, "order 1", cancel);
            var first = await reader.NextAsync(cancel);
            network.Cut();
            await Server.PublishAsync(User, "order 2", cancel);
            Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo([$"user:{User} 2 order 2"]), "started again after a cut");
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
        await using var network = new TcpProxy(Server.Port);
        await using var hub = new HubConnectionBuilder()
            .WithUrl(new Uri(network.Address, "/hubs/orders"), UseToken)
            .WithAutomaticReconnect([TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(500)])
            .Build();
        await using var reader = await FeedReader.StartAsync(new() { Connection = hub }, cancel);
        for (var n = 1; n <= 3; n++)
        {
            network.Cut();
            await Server.PublishAsync(User, $"order {n}", cancel);
            Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo([$"user:{User} {n} order {n}"]));
        }
    }

    private void UseToken(HttpConnectionOptions http) => http.AccessTokenProvider = () => Task.FromResult<string?>(Tokens.For(User));
}
