using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Realtime.Server.Redis.Servers;

/// <summary>
/// Connects one <see cref="ConnectionMultiplexer"/> to the current master, whatever its address. It is for a multiplexer that this server
/// cannot replace by another one, because SignalR's backplane keeps it.
/// </summary>
/// <param name="master">The current master; null while it is not known.</param>
internal sealed class MasterTunnel(Func<EndPoint?> master) : Tunnel
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ConnectionType, Socket> _sockets = [];   // guarded by _gate

    /// <summary>Cuts the connections, which the library then opens again: to the new master.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            foreach (var socket in _sockets.Values) socket.Dispose();
            _sockets.Clear();
        }
    }

    public override ValueTask<EndPoint?> GetSocketConnectEndpointAsync(EndPoint endpoint, CancellationToken cancellationToken) =>
        new(master() ?? endpoint);

    public override ValueTask BeforeSocketConnectAsync(
        EndPoint endPoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken)
    {
        if (socket is not null)
        {
            lock (_gate) _sockets[connectionType] = socket;
        }
        return base.BeforeSocketConnectAsync(endPoint, connectionType, socket, cancellationToken);
    }
}
