using Microsoft.AspNetCore.Http.Connections;
using Realtime.Compare.Load;

namespace Realtime.Compare.Contenders;

/// <summary>SignalR over requests that the server answers when it has something to send.</summary>
internal sealed class LongPollingContender : IContender
{
    public string Name => "LongPolling";

    public Task ReadAsync(Seat seat, CancellationToken cancel) => SignalRReading.ReadAsync(HttpTransportType.LongPolling, seat, cancel);
}
