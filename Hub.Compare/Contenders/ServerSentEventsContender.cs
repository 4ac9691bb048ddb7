using Microsoft.AspNetCore.Http.Connections;
using Realtime.Compare.Load;

namespace Realtime.Compare.Contenders;

/// <summary>SignalR over a server-sent event stream; what the reader sends goes by requests of its own.</summary>
internal sealed class ServerSentEventsContender : IContender
{
    public string Name => "ServerSentEvents";

    public Task ReadAsync(Seat seat, CancellationToken cancel) =>
        SignalRReading.ReadAsync(HttpTransportType.ServerSentEvents, seat, cancel);
}
