using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;

namespace Realtime.Server.Connections;

/// <summary>
/// Closes half-open connections: the peer is gone without having closed them. Accepted sockets inherit all options from their listener.
/// </summary>
/// <remarks>
/// The server sends to every reader at least every 16 s, and a poll ends after 25 s. With <see cref="Limit"/>, detection takes less than a
/// minute. On systems other than Linux, only idle connections are probed, and a completed write shows only that the system accepted it.
/// </remarks>
internal static class PeerTimeout
{
    /// <summary>
    /// How long sent bytes may stay unacknowledged, bytes to be sent may wait for room at the peer, and an idle connection's probes may
    /// stay unanswered. A reader that accepts no bytes for 10 s, while more than its buffers hold is waiting, is closed much earlier.
    /// </summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private const int ProtocolTcp = 6, TcpUserTimeout = 18;   // netinet/tcp.h of Linux

    /// <summary>For a listening socket.</summary>
    public static void Apply(Socket socket, TimeSpan limit)
    {
        if (socket.AddressFamily is AddressFamily.Unix) return;
        var seconds = Math.Max(1, (int)limit.TotalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, Math.Max(1, seconds / 2));
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Math.Max(1, seconds / 6));
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        SetUserTimeout(socket, limit);
    }

    /// <summary>
    /// Removes the limit on unacknowledged and waiting bytes until the request ends. For requests that have their own time limit.
    /// </summary>
    public static void Lift(HttpContext context)
    {
        if (context.Features.Get<IConnectionSocketFeature>()?.Socket is not { AddressFamily: not AddressFamily.Unix } socket) return;
        TrySetUserTimeout(socket, TimeSpan.Zero);
        context.Response.OnCompleted(() =>
        {
            TrySetUserTimeout(socket, Limit);
            return Task.CompletedTask;
        });
    }

    private static void TrySetUserTimeout(Socket socket, TimeSpan limit)
    {
        try
        {
            SetUserTimeout(socket, limit);
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException) { /* the caller is gone */ }
    }

    private static void SetUserTimeout(Socket socket, TimeSpan limit)
    {
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption(ProtocolTcp, TcpUserTimeout, BitConverter.GetBytes((int)limit.TotalMilliseconds));
    }
}
