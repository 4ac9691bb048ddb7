using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Client;
using Realtime.Compare.Load;

namespace Realtime.Compare.Contenders;

/// <summary>What the three ways of SignalR have in common: all but the transport.</summary>
internal static class SignalRReading
{
    public static async Task ReadAsync(Transport transport, Seat seat, CancellationToken cancel)
    {
        await using var connection = new HubConnectionBuilder()
            .WithTransports(new Uri(seat.Hub, "/hubs/orders"), new()
            {
                Transports = [transport],
                AccessToken = _ => ValueTask.FromResult<string?>(seat.Token),
                CloseTimeout = TimeSpan.FromSeconds(1),
                ConfigureHandler = handler =>
                {
                    handler.UseProxy = false;
                    if (seat.Tab is null) return handler;
                    handler.Dispose();
                    return seat.Tab();
                },
            })
            .Build();
        await connection.StartAsync(cancel);
        await foreach (var item in connection.StreamAsync<Item>("Subscribe", seat.After, cancel)) seat.Take(item);
    }
}
