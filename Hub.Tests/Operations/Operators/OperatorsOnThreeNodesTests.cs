using Microsoft.AspNetCore.Http.Connections;
using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations.Operators;

/// <summary>The operators' hub of three nodes on Redis, through a balancer that sends each request to the next of them.</summary>
[CancelAfter(120_000)]
internal sealed class OperatorsOnThreeNodesTests
{
    private const string Hub = "/hubs/operators";

    private static readonly HttpTransportType[] Transports = [HttpTransportType.WebSockets, HttpTransportType.ServerSentEvents,
        HttpTransportType.LongPolling];
    private static readonly string Admin = Tokens.For("boss", null, "admin");

    private readonly AsyncDisposables _started = new();
    private IRedisServer _redis = null!;
    private Node[] _nodes = null!;
    private Balancer _balancer = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _redis = _started.Add(await RedisServers.StartAsync());
        _nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Node.StartAsync(_redis)));
        foreach (var node in _nodes) _started.Add(node);
        _balancer = _started.Add(await Balancer.StartNginxAsync([.. _nodes.Select(node => node.Server.Port)]));
        await OpenEverywhereAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    [TestCase(HttpTransportType.WebSockets)]
    [TestCase(HttpTransportType.ServerSentEvents)]
    [TestCase(HttpTransportType.LongPolling)]
    public async Task The_statistics_of_all_nodes_arrive_every_time(HttpTransportType transport, CancellationToken cancel)
    {
        await using var started = new AsyncDisposables();
        // Six, so that each node is used twice, whichever comes first.
        for (var round = 0; round < 6; round++)
        {
            var client = started.Add(await OperatorClient.ConnectAsync(_balancer.Address, transport, cancel));
            await client.SeesAsync(3, cancel);
            Assert.That(client.Nodes, Has.Count.EqualTo(3));
        }
    }

    [Test]
    public async Task An_announcement_reaches_every_operator_on_whichever_node(CancellationToken cancel)
    {
        await using var started = new AsyncDisposables();
        var clients = new List<OperatorClient>();
        foreach (var server in _nodes.Select(node => node.Address).Append(_balancer.Address))
            foreach (var transport in Transports) clients.Add(started.Add(await OperatorClient.ConnectAsync(server, transport, cancel)));
        for (var n = 0; n < clients.Count; n++) await clients[n].AnnounceAsync($"{n}", cancel);
        var texts = Enumerable.Range(0, clients.Count).Select(n => $"{n}").ToList();
        foreach (var client in clients)
        {
            await Eventually.True("all have come", () => client.Announcements.Count >= texts.Count, cancel);
            Assert.That(
                client.Announcements.Select(it => it.GetProperty("text").GetString()), Is.EqualTo(texts), "each once, and in order");
        }
    }

    [Test]
    public async Task Order_readers_have_no_channel_of_the_backplane(CancellationToken cancel)
    {
        await using var started = new AsyncDisposables();
        await Eventually.True("operators of the tests before are gone", async () =>
            !(await ChannelsAsync()).Any(name => name.Contains("OperatorsHub:connection:", StringComparison.Ordinal)), cancel);
        await Eventually.True("each node listens to its own channel", async () =>
            (await ChannelsAsync()).Count(name => name.StartsWith("hub:refreshed:", StringComparison.Ordinal)) == 3, cancel);
        var before = await ChannelsAsync();
        foreach (var transport in (Transport[])[Transport.WebSockets, Transport.ServerSentEvents, Transport.LongPolling])
        {
            for (var n = 0; n < 5; n++)
            {
                var reader = started.Add(await HubReceiver.ConnectAsync(_balancer.Address, Tokens.For("reader"), transport, cancel));
                await reader.SubscribeAsync(null, cancel);
                Assert.That((await reader.NextAsync(cancel))!.Value.IsPosition());
            }
        }
        Assert.That(await ChannelsAsync(), Is.EquivalentTo([.. before, "hub:news:{all}", "hub:news:{user:reader}"]),
            "fifteen readers, and a channel for each topic alone");

        // The operators' hub's channels: nodes of other versions use the same names.
        const string prefix = "hub:operators:Realtime.Server.Operations.Operators.OperatorsHub:";
        await using var client = await OperatorClient.ConnectAsync(_balancer.Address, HttpTransportType.WebSockets, cancel);
        var names = (await ChannelsAsync()).Where(name => name.StartsWith("hub:operators:", StringComparison.Ordinal))
            .Select(name => name[prefix.Length..]).ToList();
        Assert.That(names, Does.Contain("all").And.Contain("internal:groups").And.Contain($"connection:{client.Connection.ConnectionId}"));
        Assert.That(names.Count(name => name.StartsWith("internal:ack:", StringComparison.Ordinal)), Is.EqualTo(3));
        Assert.That(names.Count(name => name.StartsWith("internal:return:", StringComparison.Ordinal)), Is.EqualTo(3));
        Assert.That(names, Has.Count.EqualTo(2 + 3 + 3 + 1));
    }

    [TestCase("/hubs/orders", Hub)]
    [TestCase(Hub, "/hubs/orders")]
    public async Task A_connection_of_one_hub_is_unknown_to_the_other_on_every_node(string hub, string other, CancellationToken cancel)
    {
        foreach (var node in _nodes)
        {
            var connection = await RawConnection.NegotiateAsync(_nodes[0].Address, Admin, cancel, hub);
            var elsewhere = connection.On(other);
            Assert.That(await elsewhere.PollAsync(node.Address, cancel), Is.EqualTo((404, RawConnection.UnknownToSignalR)));
            Assert.That(await elsewhere.PostAsync(node.Address, RawConnection.Handshake, cancel),
                Is.EqualTo((404, RawConnection.UnknownToSignalR)));
            Assert.That((await elsewhere.OpenWebSocketAsync(node.Address, cancel)).Status, Is.EqualTo(404));
            Assert.That((await connection.OpenWebSocketAsync(node.Address, cancel)).Answer, Is.EqualTo(RawConnection.Agreed));
        }
    }

    [Test]
    public async Task When_a_node_stops_its_operators_come_back_elsewhere(CancellationToken cancel)
    {
        Requires.Signals();
        await using var started = new AsyncDisposables();
        var clients = new List<OperatorClient>();
        // Four of each, so that some connect to the node whatever the balancer's order.
        foreach (var transport in Enumerable.Repeat(Transports, 4).SelectMany(it => it))
            clients.Add(started.Add(await OperatorClient.ConnectAsync(_balancer.Address, transport, cancel)));
        foreach (var client in clients) await client.SeesAsync(3, cancel);

        await _nodes[0].Server.StopAsync();
        try
        {
            await Eventually.True("all are connected",
                () => clients.TrueForAll(client =>
                    client.Connection.State == Microsoft.AspNetCore.SignalR.Client.HubConnectionState.Connected), cancel);
            Assert.That(clients.Sum(client => client.Departures.Count), Is.Positive, "some had to leave");
            foreach (var client in clients) client.Forget();
            foreach (var client in clients) await client.SeesAsync(2, cancel);
            await clients[0].AnnounceAsync("here we are", cancel);
            foreach (var client in clients)
                await Eventually.True(
                    "everybody is told", () => client.Announcements.Any(it => it.GetProperty("text").GetString() == "here we are"), cancel);
        }
        finally
        {
            await _nodes[0].Server.StartAgainAsync(cancel);
            await OpenEverywhereAsync();
        }
    }

    private async Task<IReadOnlyList<string>> ChannelsAsync() => await _redis.AskAsync("PUBSUB", "CHANNELS");

    /// <summary>A node is ready a moment before its hub is open.</summary>
    private async Task OpenEverywhereAsync()
    {
        foreach (var node in _nodes)
        {
            await Eventually.True("the hub is open", async () =>
            {
                using var answer = await node.Server.Http.SendAsync(
                    TestServer.Request(HttpMethod.Post, Hub + "/negotiate?negotiateVersion=1", Admin));
                return answer.IsSuccessStatusCode;
            });
        }
    }
}
