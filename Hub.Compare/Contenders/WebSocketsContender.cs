using Microsoft.AspNetCore.Http.Connections;
using Realtime.Compare.Load;

namespace Realtime.Compare.Contenders;

/// <summary>SignalR over one WebSocket per reader.</summary>
internal sealed class WebSocketsContender : IContender
{
    public string Name => "WebSockets";

    public Task ReadAsync(Seat seat, CancellationToken cancel) => SignalRReading.ReadAsync(HttpTransportType.WebSockets, seat, cancel);
}
