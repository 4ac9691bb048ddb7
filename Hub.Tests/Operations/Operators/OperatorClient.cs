using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations.Operators;

/// <summary>An operator's client: the stock one, over one transport, with the calls that it received.</summary>
internal sealed class OperatorClient : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, JsonElement> _nodes = new();
    private readonly ConcurrentQueue<JsonElement> _announcements = new();
    private readonly ConcurrentQueue<long> _departures = new();

    private OperatorClient(HubConnection connection)
    {
        Connection = connection;
        connection.On<JsonElement>("Node", stats => _nodes[stats.GetProperty("id").GetString()!] = stats);
        connection.On<JsonElement>("Announcement", _announcements.Enqueue);
        connection.Reconnecting += _ =>
        {
            _departures.Enqueue(TimeProvider.System.GetTimestamp());
            return Task.CompletedTask;
        };
    }

    public HubConnection Connection { get; }

    /// <summary>The newest statistics of each node by its name.</summary>
    public IReadOnlyDictionary<string, JsonElement> Nodes => _nodes;

    public IReadOnlyCollection<JsonElement> Announcements => _announcements;

    /// <summary>When the server closed the connection and allowed a reconnect; timestamps.</summary>
    public IReadOnlyCollection<long> Departures => _departures;

    public static async Task<OperatorClient> ConnectAsync(
        Uri server, HttpTransportType transport, CancellationToken cancel, string user = "boss")
    {
        var client = new OperatorClient(new HubConnectionBuilder()
            .WithUrl(new Uri(server, "/hubs/operators"), transport,
                options => options.AccessTokenProvider = () => Task.FromResult<string?>(Tokens.For(user, null, "admin")))
            .WithAutomaticReconnect(new Soon())
            .Build());
        await client.Connection.StartAsync(cancel);
        return client;
    }

    public Task AnnounceAsync(string? text, CancellationToken cancel) => Connection.InvokeAsync("Announce", text, cancel);

    /// <summary>Waits until it has statistics of this many nodes.</summary>
    public Task SeesAsync(int nodes, CancellationToken cancel) =>
        Eventually.True($"statistics of {nodes} nodes arrive", () => _nodes.Count >= nodes, cancel);

    /// <summary>Forgets what it has seen of the nodes.</summary>
    public void Forget() => _nodes.Clear();

    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    /// <summary>Ten attempts a second: another node is already available.</summary>
    private sealed class Soon : IRetryPolicy
    {
        public TimeSpan? NextRetryDelay(RetryContext retryContext) => TimeSpan.FromMilliseconds(100);
    }
}
