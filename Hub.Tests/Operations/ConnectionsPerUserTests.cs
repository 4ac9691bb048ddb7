using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations;

/// <summary><c>Hub:Limits:ConnectionsPerUser</c> counts every connection that is open, subscribed or not.</summary>
[CancelAfter(60_000)]
internal sealed class ConnectionsPerUserTests
{
    private const int Limit = 3;

    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartServerAsync() => _server = await ServerProcess.StartAsync(new ServerSettings
    {
        Environment = "Production",
        Settings = new Dictionary<string, string>
        {
            ["Hub:Auth:SigningKey"] = Tokens.SigningKey,
            ["Hub:Limits:ConnectionsPerUser"] = $"{Limit}",
        },
    });

    [OneTimeTearDown]
    public async Task StopServerAsync() => await _server.DisposeAsync();

    [Test]
    public async Task Connections_of_any_transport_and_hub_count_without_a_subscription(CancellationToken cancel)
    {
        var token = Tokens.For("all", null, "admin");
        await using var socket = await OpenAsync(token, HttpTransportType.WebSockets, cancel);
        await using var stream = await OpenAsync(token, HttpTransportType.ServerSentEvents, cancel, "/hubs/operators");
        await using (await OpenAsync(token, HttpTransportType.LongPolling, cancel))
        {
            await RequireFullAsync(token, cancel);
            Assert.That(
                async () => await RawConnection.NegotiateAsync(_server.Address, Tokens.For("another"), cancel), Throws.Nothing);
        }
        await Eventually.True("a place is free", async () => await NegotiateAsync(token, cancel) == HttpStatusCode.OK, cancel);

        await using (var reader = await EventStreamReceiver.ConnectAsync(_server.Address, token, "latest", cancel))
        {
            Assert.That((await reader.NextAsync(cancel))!.Value.IsPosition());
            await RequireFullAsync(token, cancel);
        }
        await Eventually.True("the place is free again", async () => await NegotiateAsync(token, cancel) == HttpStatusCode.OK, cancel);
    }

    [Test]
    public async Task A_WebSocket_too_many_is_told_so_when_it_subscribes_and_closed(CancellationToken cancel)
    {
        var token = Tokens.For("eager");
        await using var connections = new AsyncDisposables();
        for (var n = 0; n < Limit; n++) connections.Add(await OpenAsync(token, HttpTransportType.WebSockets, cancel));
        await using var oneMore = await OpenAsync(token, HttpTransportType.WebSockets, cancel);
        var closed = ClosedOf(oneMore);
        var items = await oneMore.StreamAsChannelAsync<JsonElement>("Subscribe", "latest", cancel);
        Assert.That((await items.ReadAsync(cancel)).Describe(), Is.EqualTo("closing limit"));
        await Eventually.Ends("it is closed", closed, cancel);
    }

    [Test]
    public async Task A_WebSocket_too_many_that_does_not_subscribe_is_closed_after_a_while(CancellationToken cancel)
    {
        var token = Tokens.For("silent");
        await using var connections = new AsyncDisposables();
        for (var n = 0; n < Limit; n++) connections.Add(await OpenAsync(token, HttpTransportType.WebSockets, cancel));
        await using var oneMore = await OpenAsync(token, HttpTransportType.WebSockets, cancel);
        await Eventually.Ends("it is closed", ClosedOf(oneMore), cancel);
        await RequireFullAsync(token, cancel);
    }

    [Test]
    public async Task A_WebSocket_too_many_may_stay_if_another_one_leaves(CancellationToken cancel)
    {
        var token = Tokens.For("lucky");
        await using var connections = new AsyncDisposables();
        for (var n = 1; n < Limit; n++) connections.Add(await OpenAsync(token, HttpTransportType.WebSockets, cancel));
        await using var leaves = await OpenAsync(token, HttpTransportType.WebSockets, cancel);
        await using var stays = await OpenAsync(token, HttpTransportType.WebSockets, cancel);
        await leaves.DisposeAsync();
        await Eventually.True("there is a place", async () => await NegotiateAsync(token, cancel) == HttpStatusCode.OK, cancel);
        var items = await stays.StreamAsChannelAsync<JsonElement>("Subscribe", "latest", cancel);
        Assert.That((await items.ReadAsync(cancel)).IsPosition());
        await RequireFullAsync(token, cancel);
    }

    private async Task RequireFullAsync(string token, CancellationToken cancel)
    {
        Assert.That(await NegotiateAsync(token, cancel), Is.EqualTo(HttpStatusCode.TooManyRequests));
        await using var reader = await EventStreamReceiver.ConnectAsync(_server.Address, token, "latest", cancel);
        Assert.That((await reader.TakeAllAsync(cancel)).Select(Items.Describe), Is.EqualTo(["closing limit"]));
    }

    private async Task<HttpStatusCode> NegotiateAsync(string token, CancellationToken cancel) => (HttpStatusCode)(await RawHttp.SendAsync(
        _server.Address, "POST", "/hubs/orders/negotiate?negotiateVersion=1", token, [], cancel)).Status;

    /// <summary>A stock connection; a WebSocket does without a negotiation.</summary>
    private async Task<HubConnection> OpenAsync(
        string token, HttpTransportType transport, CancellationToken cancel, string hub = "/hubs/orders")
    {
        var connection = new HubConnectionBuilder().WithUrl(new Uri(_server.Address, hub), transport, options =>
        {
            options.AccessTokenProvider = () => Task.FromResult<string?>(token);
            options.SkipNegotiation = transport == HttpTransportType.WebSockets;
        }).Build();
        await connection.StartAsync(cancel);
        return connection;
    }

    private static Task ClosedOf(HubConnection connection)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.Closed += _ =>
        {
            closed.TrySetResult();
            return Task.CompletedTask;
        };
        return closed.Task;
    }
}
