using System.Net.Http.Json;
using System.Text.Json;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>A node of several: the real server, and the network over which the other nodes reach it.</summary>
internal sealed class Node : IAsyncDisposable
{
    private Node(ServerProcess server, TcpProxy link) => (Server, Link) = (server, link);

    public ServerProcess Server { get; }

    /// <summary>What forwarded requests and confirmations go through; requests from outside do not.</summary>
    public TcpProxy Link { get; }

    public Uri Address => Server.Address;

    /// <param name="assembly">See <see cref="ServerSettings.Assembly"/>.</param>
    public static async Task<Node> StartAsync(
        IRedisServer redis, IReadOnlyDictionary<string, string>? settings = null, bool awaitReady = true, string? assembly = null,
        CancellationToken cancel = default)
    {
        var port = FreePort.Next();
        var link = new TcpProxy(port);
        try
        {
            var server = await ServerProcess.StartAsync(new ServerSettings
            {
                Environment = "Production",
                Port = port,
                AwaitReady = awaitReady,
                Assembly = assembly,
                Settings = Node.Settings(redis, link, settings),
            }, cancel);
            return new Node(server, link);
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Requests that this node has forwarded, by its own count. What goes over a <see cref="Link"/> is more: confirmations follow later.
    /// </summary>
    public async Task<long> ForwardedAsync(CancellationToken cancel)
    {
        using var answer = await Server.Http.SendAsync(
            TestServer.Request(HttpMethod.Get, "/api/admin/stats", Tokens.For("operator", null, "admin")), cancel);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("nodes")[0].GetProperty("forwarded").GetInt64();
    }

    /// <summary>Completes when this node knows so many nodes, itself included, and all of them answer it.</summary>
    public Task KnowsAsync(int nodes) => Eventually.True("the node knows the others", async () =>
    {
        using var answer = await Server.Http.SendAsync(
            TestServer.Request(HttpMethod.Get, "/api/admin/stats?nodes=all", Tokens.For("operator", null, "admin")));
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("nodes").GetArrayLength() == nodes;
    });

    private static Dictionary<string, string> Settings(IRedisServer redis, TcpProxy link, IReadOnlyDictionary<string, string>? own)
    {
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings:Redis"] = redis.ConnectionString,
            ["Hub:Node:Address"] = link.Address.ToString(),
            ["Hub:Auth:SigningKey"] = Tokens.SigningKey,
            ["Hub:Drain:Duration"] = "00:00:02",
        };
        foreach (var (name, value) in own ?? new Dictionary<string, string>()) settings[name] = value;
        return settings;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Link.DisposeAsync();
    }
}
