using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using Realtime.Server.Http;
using Realtime.Server.Node;

namespace Realtime.Server.Connections;

/// <summary>
/// Limits of TCP connections, below HTTP: their number, the time without a response from the peer, and the bytes before the caller is
/// known.
/// </summary>
internal static class ConnectionsRegistration
{
    /// <summary>
    /// Applies to every address, however it is configured: command line, environment, <c>Kestrel:Endpoints</c>, Unix socket.
    /// </summary>
    public static void UseConnectionLimits(this WebApplicationBuilder builder)
    {
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.MaxReadBufferSize = WebLimits.ReadBufferBytes;
            sockets.CreateBoundListenSocket = endpoint =>
            {
                var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
                PeerTimeout.Apply(socket, PeerTimeout.Limit);
                return socket;
            };
        });
        builder.Services.AddSettings<ConnectionLimitOptions>("Hub:Limits");
        builder.Services.AddSingleton<IValidateOptions<ConnectionLimitOptions>, ConnectionLimitOptionsValidator>();
        builder.Services.AddSingleton<AcceptedConnections>().AddSingleton<UnfinishedRequests>().AddSingleton<SilentClients>();
        // Of the factories that can bind an address, Kestrel uses the one that was registered last.
        builder.Services.AddSingleton<IConnectionListenerFactory>(services =>
            new SocketListeners(ActivatorUtilities.CreateInstance<SocketTransportFactory>(services), services));
    }
}
