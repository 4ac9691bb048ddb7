using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Client;
using Realtime.Tests.Support;

namespace Realtime.Tests.Delivery;

internal sealed class WebSocketsDeliveryTests() : HubDeliveryContract(Transport.WebSockets);

internal sealed class ServerSentEventsDeliveryTests() : HubDeliveryContract(Transport.ServerSentEvents);

internal sealed class LongPollingDeliveryTests() : HubDeliveryContract(Transport.LongPolling);

internal abstract class HubDeliveryContract(Transport transport) : DeliveryContract
{
    protected override async Task<IReceiver> ConnectAsync(string token, string? after, CancellationToken cancel)
    {
        var receiver = await HubReceiver.ConnectAsync(Address, token, transport, cancel);
        await receiver.SubscribeAsync(after, cancel);
        return receiver;
    }

    protected override async Task RequireOneMoreIsRefusedAsync(string token, CancellationToken cancel)
    {
        var negotiate = await RawHttp.SendAsync(Address, "POST", "/hubs/orders/negotiate?negotiateVersion=1", token, [], cancel);
        negotiate.IsProblem(429);
        Assert.That(negotiate["Retry-After"], Is.EqualTo("10"));
        Assert.That(
            async () => await ConnectAsync(token, "latest", cancel),
            Throws.TypeOf<HttpRequestException>().With.Property("StatusCode").EqualTo(HttpStatusCode.TooManyRequests));
    }

    [Test]
    public async Task A_second_subscription_lets_the_first_complete(CancellationToken cancel)
    {
        await using var first = (HubReceiver)await ConnectAsync(Tokens.For(NewUser()), "latest", cancel);
        Assert.That((await first.NextAsync(cancel))!.Value.IsPosition());
        var second = await first.Connection.StreamAsChannelAsync<JsonElement>("Subscribe", "latest", cancel);
        Assert.That(await first.TakeAllAsync(cancel), Is.Empty, "completed without an error and without closing");
        Assert.That((await second.ReadAsync(cancel)).IsPosition());
    }

    [Test]
    public async Task A_bad_cursor_is_an_error_that_says_so(CancellationToken cancel)
    {
        await using var receiver = await HubReceiver.ConnectAsync(Address, Tokens.For(NewUser()), transport, cancel);
        await receiver.SubscribeAsync("nonsense", cancel);
        Assert.That(async () => await receiver.NextAsync(cancel), Throws.TypeOf<HubException>().With.Message.Contains("Bad cursor"));
        Assert.That(
            async () => await receiver.Connection.InvokeAsync<JsonElement>("Acknowledge", "nonsense", cancel),
            Throws.TypeOf<HubException>().With.Message.Contains("Bad cursor"));
    }

    [Test]
    public async Task The_node_says_what_it_is_called(CancellationToken cancel)
    {
        await using var first = await HubReceiver.ConnectAsync(Address, Tokens.For(NewUser()), transport, cancel);
        await using var second = await HubReceiver.ConnectAsync(Address, Tokens.For(NewUser()), transport, cancel);
        var name = await first.Connection.InvokeAsync<string>("Node", cancel);
        Assert.That(name, Does.Match("^[0-9a-f]{6}$"));
        Assert.That(await second.Connection.InvokeAsync<string>("Node", cancel), Is.EqualTo(name));
    }

    [Test]
    public async Task Acknowledging_returns_what_is_left(CancellationToken cancel)
    {
        var user = NewUser();
        await using var receiver = (HubReceiver)await ConnectAsync(Tokens.For(user), "latest", cancel);
        var before = await receiver.Connection.InvokeAsync<long>("Unread", cancel);
        await Server.PublishAsync(user, "order 1", cancel);
        await Server.PublishAsync(user, "order 2", cancel);
        Assert.That(await receiver.Connection.InvokeAsync<long>("Unread", cancel), Is.EqualTo(before + 2));
        var items = await receiver.TakeAsync(3, cancel);
        var answer = await receiver.Connection.InvokeAsync<JsonElement>("Acknowledge", items[1].Cursor(), cancel);
        Assert.That(answer.GetRawText(), Is.EqualTo("""{"unread":1}"""));
    }

    [Test]
    public async Task A_client_that_opens_streams_without_end_keeps_one(CancellationToken cancel)
    {
        await using var receiver = await HubReceiver.ConnectAsync(Address, Tokens.For(NewUser()), transport, cancel);
        for (var n = 0; n < 50; n++) await receiver.SubscribeAsync("latest", cancel);
        Assert.That((await receiver.NextAsync(cancel))!.Value.IsPosition());
    }
}

internal sealed class EventSourceDeliveryTests : DeliveryContract
{
    protected override async Task<IReceiver> ConnectAsync(string token, string? after, CancellationToken cancel) =>
        await EventStreamReceiver.ConnectAsync(Address, token, after, cancel);

    protected override async Task RequireOneMoreIsRefusedAsync(string token, CancellationToken cancel)
    {
        await using var oneMore = await ConnectAsync(token, "latest", cancel);
        Assert.That((await oneMore.TakeAllAsync(cancel)).Select(Items.Describe), Is.EqualTo(["closing limit"]));
    }

    [Test]
    public async Task The_first_block_says_when_to_come_back_and_where_the_reader_stands(CancellationToken cancel)
    {
        await using var receiver = await EventStreamReceiver.ConnectAsync(Address, Tokens.For(NewUser()), null, cancel);
        var item = (await receiver.NextAsync(cancel))!.Value;
        Assert.Multiple(() =>
        {
            Assert.That(receiver.Event.EventType, Is.EqualTo("heartbeat"));
            Assert.That(receiver.Event.EventId, Is.EqualTo(item.Cursor()));
            Assert.That(receiver.Event.ReconnectionInterval, Is.InRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)));
            Assert.That(receiver.Response.Content.Headers.ContentType?.ToString(), Is.EqualTo("text/event-stream"));
            Assert.That(receiver.Response.Headers.GetValues("X-Accel-Buffering"), Is.EqualTo(["no"]));
            Assert.That(receiver.Response.Headers.NonValidated["Cache-Control"].ToString(), Is.EqualTo("no-cache, no-store, no-transform"));
        });
    }

    [Test]
    public async Task A_last_event_id_wins_over_after(CancellationToken cancel)
    {
        var user = NewUser();
        await using var first = await EventStreamReceiver.ConnectAsync(Address, Tokens.For(user), "latest", cancel);
        var cursor = (await first.NextAsync(cancel))!.Value.Cursor();
        await Server.PublishAsync(user, "missed", cancel);
        await using var second = await EventStreamReceiver.ConnectAsync(Address, Tokens.For(user), "nonsense", cancel, lastEventId: cursor);
        Assert.That((await second.TakeAsync(2, cancel))[1].Describe(), Is.EqualTo($"user:{user} 1 missed"));
    }

    [Test]
    public async Task A_last_event_id_that_cannot_be_read_begins_with_a_gap_of_unknown_extent(CancellationToken cancel)
    {
        var user = NewUser();
        await Server.PublishAsync(user, "order 1", cancel);
        await using var receiver = await EventStreamReceiver.ConnectAsync(Address, Tokens.For(user), null, cancel, lastEventId: "nonsense");
        await receiver.NextAsync(cancel);
        var gap = (await receiver.NextAsync(cancel))!.Value;
        Assert.That(receiver.Event.EventType, Is.EqualTo("gap"));
        Assert.That(gap.GetProperty("gap").GetRawText(), Is.EqualTo("""{"topic":null,"after":null,"next":null,"reason":"reset"}"""));
    }
}
