using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Compare.Load;

namespace Realtime.Compare.Contenders;

/// <summary>The common part of the contenders that use SignalR's client: everything except the transport.</summary>
internal static class SignalRReading
{
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(1);

    public static async Task ReadAsync(HttpTransportType transport, Seat seat, CancellationToken cancel)
    {
        await using var connection = Connection(transport, seat, "/hubs/orders");
        await connection.StartAsync(cancel);
        await foreach (var item in connection.StreamAsync<Item>("Subscribe", seat.After, cancel)) seat.Take(item);
    }

    /// <summary>A connection that was not started yet.</summary>
    public static HubConnection Connection(HttpTransportType transport, Seat seat, string path) =>
        new HubConnectionBuilder()
            .WithUrl(new Uri(seat.Hub, path), transport, http =>
            {
                http.AccessTokenProvider = () => Task.FromResult<string?>(seat.Token);
                http.CloseTimeout = CloseLimit;
                http.WebSocketConfiguration = socket => socket.Proxy = null;
                http.HttpMessageHandlerFactory = own =>
                {
                    if (seat.Tab is null)
                    {
                        ((HttpClientHandler)own).UseProxy = false;
                        return own;
                    }
                    own.Dispose();
                    return seat.Tab();
                };
            })
            .Build();
}
