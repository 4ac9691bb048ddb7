using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Realtime.Server.Connections;

/// <summary>
/// The web server's own listeners, for every address however it is configured, with limits on connections and on the bytes of their
/// unfinished requests.
/// </summary>
/// <remarks>
/// Not a connection middleware: that runs on the thread pool after the accept loop has continued. With 1,000 connections waiting to be
/// accepted, the descriptors run out before the first middleware has closed a connection. Here a refused connection is closed before the
/// next one is accepted.
/// </remarks>
/// <param name="services">Used only when an address is bound: the web server creates this factory before any setting is checked.</param>
internal sealed class SocketListeners(SocketTransportFactory sockets, IServiceProvider services)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => sockets is not IConnectionListenerFactorySelector selector || selector.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Listener(
            await sockets.BindAsync(endpoint, cancellationToken),
            services.GetRequiredService<AcceptedConnections>(),
            services.GetRequiredService<UnfinishedRequests>());

    private sealed class Listener(IConnectionListener listener, AcceptedConnections accepted, UnfinishedRequests unfinished)
        : IConnectionListener
    {
        public EndPoint EndPoint => listener.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await listener.AcceptAsync(cancellationToken) is { } connection)
            {
                if (accepted.TryAdd(DescriptorOf(connection))) return new AcceptedConnection(connection, accepted, unfinished);
                // Abort closes the socket before it returns. The disposal needs no socket, and must not delay the next connection.
                connection.Abort(new ConnectionAbortedException("Too many connections."));
                _ = connection.DisposeAsync().AsTask();
            }
            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => listener.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => listener.DisposeAsync();

        private static nint DescriptorOf(ConnectionContext connection) =>
            connection.Features.Get<IConnectionSocketFeature>() is { } feature ? feature.Socket.Handle : 0;
    }
}
