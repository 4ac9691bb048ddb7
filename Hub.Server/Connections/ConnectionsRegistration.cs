using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using Realtime.Server.Http;
using Realtime.Server.Node;

namespace Realtime.Server.Connections;

/// <summary>
/// TCP connections, below HTTP: how many, how long without a sign of the other end, and what they may hold before a caller is known.
/// </summary>
internal static class ConnectionsRegistration
{
    /// <summary>For whatever address is listened on: command line, environment, <c>Kestrel:Endpoints</c>, Unix socket.</summary>
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
        // The last one that can listen on an address is the one that does.
        builder.Services.AddSingleton<IConnectionListenerFactory>(services =>
            new SocketListeners(ActivatorUtilities.CreateInstance<SocketTransportFactory>(services), services));
    }
}
