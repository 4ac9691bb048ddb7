using System.Net.Sockets;

namespace Realtime.Server.Redis.Servers;

/// <summary>
/// Makes the system close a connection to Redis whose packets are lost, so that a new one opens as soon as the network is back.
/// </summary>
internal static class SocketLimits
{
    // linux/in.h, linux/tcp.h. Milliseconds.
    private const int Tcp = 6;
    private const int UserTimeout = 18;

    public static void Apply(Socket socket)
    {
        if (socket.ProtocolType != ProtocolType.Tcp) return;
        // While the connection is idle: after the keep-alive time, one probe a second.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, (int)RedisLimits.KeepAlive.TotalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
        // While sent data is unacknowledged.
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption(Tcp, UserTimeout, BitConverter.GetBytes((int)RedisLimits.Unacknowledged.TotalMilliseconds));
    }
}
