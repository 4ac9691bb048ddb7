using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Connections.Client;
using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Client;

namespace Realtime.Tests.Delivery;

/// <summary>SignalR over one of its transports: a plain hub connection, without the help of the feed library.</summary>
internal sealed class HubReceiver : IReceiver
{
    private readonly HubConnection _connection;
    private ChannelReader<JsonElement>? _items;

    private HubReceiver(HubConnection connection) => _connection = connection;

    public HubConnection Connection => _connection;

    public static Task<HubReceiver> ConnectAsync(Uri server, string token, Transport transport, CancellationToken cancel) =>
        ConnectAsync(server, transport, http => http.AccessTokenProvider = () => Task.FromResult<string?>(token), cancel);

    /// <summary>With a session instead of a token.</summary>
    public static Task<HubReceiver> ConnectByCookieAsync(Uri server, string cookie, Transport transport, CancellationToken cancel) =>
        ConnectAsync(server, transport, http => http.Headers["Cookie"] = cookie, cancel);

    /// <summary>With whatever the options need.</summary>
    public static async Task<HubReceiver> ConnectAsync(
        Uri server, Transport transport, Action<HttpConnectionOptions> configure, CancellationToken cancel, string hub = "/hubs/orders")
    {
        var kind = Enum.Parse<HttpTransportType>(transport.ToString());
        var receiver = new HubReceiver(new HubConnectionBuilder().WithUrl(new Uri(server, hub), kind, configure).Build());
        await receiver._connection.StartAsync(cancel);
        return receiver;
    }

    /// <summary>Completes when the server closes the connection; read it before that.</summary>
    public Task ClosedAsync()
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connection.Closed += _ =>
        {
            closed.TrySetResult();
            return Task.CompletedTask;
        };
        return closed.Task;
    }

    public async Task SubscribeAsync(string? after, CancellationToken cancel) =>
        _items = await _connection.StreamAsChannelAsync<JsonElement>("Subscribe", after, cancel);

    public async Task<JsonElement?> NextAsync(CancellationToken cancel) =>
        await _items!.WaitToReadAsync(cancel) && _items.TryRead(out var item) ? item : null;

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
