using System.Net;
using System.Net.Sockets;

namespace Realtime.Tests.Support;

/// <summary>Ports for servers that cannot be asked which one they chose, or that must come back on the same one.</summary>
internal static class FreePort
{
    // Below the range from which systems take the ports of outgoing connections, so that none of those takes the port while a server
    // restarts.
    private const int First = 20_000, Slices = 6, PortsPerSlice = 2_000;

    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Taken = [];   // guarded by Gate

    // Test processes that run side by side each hold the first port of a slice of their own, so that none takes a port whose server is
    // just being started, or restarted, by another.
    private static readonly (TcpListener Held, int First) Slice = TakeSlice();

    /// <summary>A port on loopback on which no process listens and that was not issued before.</summary>
    public static int Next()
    {
        lock (Gate)
        {
            for (var tries = 0; tries < 1_000; tries++)
            {
                var port = Slice.First + Random.Shared.Next(1, PortsPerSlice);
                if (IsFree(port) && Taken.Add(port)) return port;
            }
        }
        throw new InvalidOperationException($"No free port from {Slice.First} on, {Taken.Count} are taken.");
    }

    private static (TcpListener, int) TakeSlice()
    {
        for (var slice = 0; slice < Slices; slice++)
        {
            var first = First + slice * PortsPerSlice;
            var held = new TcpListener(IPAddress.Loopback, first) { ExclusiveAddressUse = true };
            try
            {
                held.Start();
                return (held, first);
            }
            catch (SocketException)
            {
                held.Dispose();
            }
        }
        throw new InvalidOperationException($"{Slices} test processes run already.");
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
