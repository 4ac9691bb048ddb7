using System.Net.Sockets;

namespace Realtime.Server.Redis.Servers;

/// <summary>
/// Lets the system break a connection to Redis whose packets are lost, so that another one is opened as soon as the network is back.
/// </summary>
internal static class SocketLimits
{
    // linux/in.h, linux/tcp.h. Milliseconds.
    private const int Tcp = 6;
    private const int UserTimeout = 18;

    public static void Apply(Socket socket)
    {
        if (socket.ProtocolType != ProtocolType.Tcp) return;
        // While nothing is sent: a probe each second.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, (int)RedisLimits.KeepAlive.TotalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
        // While something is sent.
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption(Tcp, UserTimeout, BitConverter.GetBytes((int)RedisLimits.Unacknowledged.TotalMilliseconds));
    }
}
