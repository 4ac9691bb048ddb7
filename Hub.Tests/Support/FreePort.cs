using System.Net;
using System.Net.Sockets;

namespace Realtime.Tests.Support;

/// <summary>Ports for servers that cannot be asked which one they chose, or that must come back on the same one.</summary>
internal static class FreePort
{
    // Below the range from which systems take the ports of outgoing connections, so that none of those takes the port while a server
    // restarts.
    private const int First = 20_000, Last = 32_000;

    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Taken = [];   // guarded by Gate

    /// <summary>A port on loopback on which no process listens and that was not issued before.</summary>
    public static int Next()
    {
        lock (Gate)
        {
            for (var tries = 0; tries < 1_000; tries++)
            {
                var port = Random.Shared.Next(First, Last);
                if (IsFree(port) && Taken.Add(port)) return port;
            }
        }
        throw new InvalidOperationException($"No free port between {First} and {Last}.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
