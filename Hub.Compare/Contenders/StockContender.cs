using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Compare.Load;
using Realtime.Compare.Peers;
using Realtime.Compare.Server;

namespace Realtime.Compare.Contenders;

/// <summary>Plain SignalR over one of its transports, with the same client as the hub's contenders.</summary>
internal sealed class StockContender(HttpTransportType transport) : IContender
{
    public string Name => $"Stock{transport}";

    public ServerProgram Server => ServerProgram.Stock;

    public async Task ReadAsync(Seat seat, CancellationToken cancel)
    {
        await using var connection = SignalRReading.Connection(transport, seat, StockHub.Path);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.Closed += why =>
        {
            if (why is null) closed.TrySetResult();
            else closed.TrySetException(why);
            return Task.CompletedTask;
        };
        connection.On<Item>(StockHub.Method, seat.Take);
        await connection.StartAsync(cancel);
        await closed.Task.WaitAsync(cancel);
    }
}
