using Microsoft.AspNetCore.Http.Connections;
using Realtime.Compare.Load;

namespace Realtime.Compare.Contenders;

/// <summary>SignalR over a server-sent event stream; the reader sends with separate requests.</summary>
internal sealed class ServerSentEventsContender : IContender
{
    public string Name => "ServerSentEvents";

    public Task ReadAsync(Seat seat, CancellationToken cancel) =>
        SignalRReading.ReadAsync(HttpTransportType.ServerSentEvents, seat, cancel);
}
