using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;

namespace Realtime.Server.Connections;

/// <summary>
/// Ends connections whose other end is gone without a word (half-open). Accepted sockets inherit all of it from their listener.
/// </summary>
/// <remarks>
/// Something goes to every reader at least every 16 s, and a poll ends after 25 s; with <see cref="Limit"/> that makes less than a minute.
/// Elsewhere than on Linux only idle connections are probed, and of a write it is known only that the system took it.
/// </remarks>
internal static class PeerTimeout
{
    /// <summary>
    /// How long sent bytes may stay unacknowledged, bytes to be sent may wait for room at the other end, and an idle connection's probes
    /// may stay unanswered. A reader that takes nothing for 10 s while more than its buffers hold is waiting is closed long before.
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
    /// Lets a caller take no answers for as long as it likes, until the request ends. For requests that have a limit of their own.
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
