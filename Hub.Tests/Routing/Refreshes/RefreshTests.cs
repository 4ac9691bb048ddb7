using System.Text.Json;
using Microsoft.AspNetCore.SignalR;
using Realtime.Client;
using Realtime.Server.Security.Tokens;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing.Refreshes;

/// <summary>One node, on the embedded store.</summary>
internal sealed class RefreshOnOneNodeTests : RefreshContract
{
    private ServerProcess _server = null!;

    protected override ServerProcess Negotiator => _server;

    protected override ServerProcess Socket => _server;

    protected override ServerProcess Asked => _server;

    [OneTimeSetUp]
    public async Task StartServerAsync() => _server = await TestServer.StartAsync();

    [OneTimeTearDown]
    public async Task StopServerAsync() => await _server.DisposeAsync();

    [Test]
    public void A_token_that_is_an_argument_of_the_hub_prints_as_stars() =>
        Assert.That($"{JsonSerializer.Deserialize<SecretText>("\"secret\"")}", Is.EqualTo("***"));

    [Test]
    public async Task No_log_shows_a_token_however_much_is_logged(CancellationToken cancel)
    {
        await using var server = await TestServer.StartLoggingEverythingAsync(cancel);
        var user = NewName("user");
        var token = Tokens.For(user);
        foreach (var transport in Transports)
        {
            await using var client = await RefreshedClient.ConnectAsync(server.Address, () => Tokens.For(user), transport, cancel);
            await client.SubscribeAsync(cancel);
            Assert.That(await client.InvokeRefreshAsync(token, cancel), Is.Positive);
            Assert.CatchAsync<HubException>(() => client.InvokeRefreshAsync($"{token}x", cancel));
            Assert.That((await client.PostRefreshAsync(server.Address, token, cancel)).Status, Is.EqualTo(200));
            await Eventually.True("the requests were logged", () =>
                server.Output.Contains("/hubs/orders/refresh", StringComparison.Ordinal), cancel);
            foreach (var secret in new[] { token, token.Split('.')[2], client.ConnectionToken })
                Assert.That(server.Output.Split('\n').Where(line => line.Contains(secret, StringComparison.Ordinal)), Is.Empty);
        }
    }
}

/// <summary>
/// Three nodes on one Redis, each with a part: one negotiates, one has the WebSockets, one is asked to refresh. The token never travels
/// between them.
/// </summary>
internal sealed class RefreshOnThreeNodesTests : RefreshContract
{
    private readonly AsyncDisposables _started = new();
    private IRedisServer _redis = null!;
    private Node[] _nodes = [];

    protected override ServerProcess Negotiator => _nodes[0].Server;

    protected override ServerProcess Socket => _nodes[1].Server;

    protected override ServerProcess Asked => _nodes[2].Server;

    [OneTimeSetUp]
    public async Task StartNodesAsync()
    {
        _redis = _started.Add(await RedisServers.StartAsync());
        _nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Node.StartAsync(_redis)));
        foreach (var node in _nodes) _started.Add(node);
        // Nodes that have just started, beside each other on few processors, may take longer than one waits for another.
        await using var client = await ConnectAsync(() => Tokens.For("first"), Transport.WebSockets, CancellationToken.None);
        await Eventually.True("the nodes ask each other", async () =>
            (await client.PostRefreshAsync(Asked.Address, Tokens.For("first"), CancellationToken.None)).Status == 200);
    }

    [OneTimeTearDown]
    public async Task StopNodesAsync() => await _started.DisposeAsync();

    [Test]
    [NonParallelizable]
    public async Task While_Redis_is_away_another_node_cannot_be_asked_and_nothing_changes(CancellationToken cancel)
    {
        var (user, west, east) = (NewName("user"), NewName("west"), NewName("east"));
        await using var client = await ConnectAsync(() => Tokens.For(user, [west]), Transport.WebSockets, cancel);
        await client.SubscribeAsync(cancel);
        await _redis.FreezeAsync();
        try
        {
            var began = TimeProvider.System.GetTimestamp();
            var answer = await client.PostRefreshAsync(Asked.Address, Tokens.For(user, [east]), cancel);
            answer.IsProblem(503);
            Assert.That(TimeProvider.System.GetElapsedTime(began), Is.LessThan(TimeSpan.FromSeconds(10)));
        }
        finally
        {
            await _redis.ThawAsync();
        }
        // What was sent reaches the nodes now, and is too old.
        await Eventually.True("Redis is back", async () => await PublishAsync(east) == 202 && await PublishAsync(west) == 202, cancel);
        Assert.That(await NextAsync(client, cancel), Does.StartWith($"group:{west} 1 "));
        await Eventually.True("it can be refreshed again", async () =>
            (await client.PostRefreshAsync(Asked.Address, Tokens.For(user, [east]), cancel)).Status == 200, cancel);

        async Task<int> PublishAsync(string group)
        {
            using var answer = await Negotiator.TryPublishAsync(new { groups = new[] { group } }, "x", cancel);
            return (int)answer.StatusCode;
        }
    }
}
