using System.Net.Http.Json;
using System.Text.Json;
using Realtime.Tests.Delivery;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Browser;

/// <summary>
/// The hub as browsers reach it: one server, or three nodes behind the nginx of <c>deploy/</c>, which sends each request to the next node.
/// </summary>
internal sealed class HubSite : IAsyncDisposable
{
    private readonly AsyncDisposables _started;
    private int _published;

    private HubSite(AsyncDisposables started, Uri address, IReadOnlyList<ServerProcess> nodes)
    {
        (_started, Address, Nodes) = (started, address, nodes);
        Http = new HttpClient(
            new SocketsHttpHandler { UseProxy = false, UseCookies = false })
        { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
    }

    public Uri Address { get; }

    /// <summary>Sends a request as a browser does: to the next node, whichever that is.</summary>
    public HttpClient Http { get; }

    public IReadOnlyList<ServerProcess> Nodes { get; }

    public static HubSite Of(ServerProcess server)
    {
        var started = new AsyncDisposables();
        return new(started, server.Address, [started.Add(server)]);
    }

    /// <summary>Three nodes in production with the tests' signing key, and a Redis of their own.</summary>
    public static async Task<HubSite> OfThreeNodesAsync(IReadOnlyDictionary<string, string>? settings = null)
    {
        var started = new AsyncDisposables();
        try
        {
            var redis = started.Add(await RedisServers.StartAsync());
            var nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(async _ => started.Add(await Node.StartAsync(redis, settings))));
            var balancer = started.Add(await Balancer.StartNginxAsync([.. nodes.Select(node => node.Server.Port)]));
            return new(started, balancer.Address, [.. nodes.Select(node => node.Server)]);
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>Publishes an order to a user, by each node in turn.</summary>
    public Task PublishAsync(string user, string orderId, CancellationToken cancel) =>
        Nodes[_published++ % Nodes.Count].PublishAsync(user, orderId, cancel);

    /// <summary>Connections of one transport that all nodes together have open.</summary>
    /// <param name="transport">As the TypeScript client names it.</param>
    public async Task<int> ConnectionsAsync(string transport, CancellationToken cancel)
    {
        var count = 0;
        foreach (var node in Nodes)
        {
            using var request = TestServer.Request(HttpMethod.Get, "/api/admin/stats", Tokens.For("operator", null, "admin"));
            using var answer = await node.Http.SendAsync(request, cancel);
            answer.EnsureSuccessStatusCode();
            var stats = await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
            count += stats.GetProperty("nodes")[0].GetProperty("connections").GetProperty(transport).GetInt32();
        }
        return count;
    }

    /// <summary>Kills every node at once.</summary>
    public Task KillAsync() => Task.WhenAll(Nodes.Select(node => node.KillAsync()));

    public Task StartAgainAsync(CancellationToken cancel) => Task.WhenAll(Nodes.Select(node => node.StartAgainAsync(cancel)));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _started.DisposeAsync();
    }
}
