using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Realtime.Server.Redis.Servers;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>A network that loses packets, between two sockets of this process.</summary>
[CancelAfter(60_000)]
internal sealed class SocketLimitsTests
{
    [Test]
    public async Task What_is_sent_and_never_acknowledged_breaks_the_connection_long_before_the_system_gives_up(CancellationToken cancel)
    {
        Requires.Linux();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        SocketLimits.Apply(client);
        await client.ConnectAsync(listener.LocalEndpoint, cancel);
        using var server = await listener.AcceptSocketAsync(cancel);
        LoseAllThatArrives(server);
        await client.SendAsync("a command"u8.ToArray(), cancel);
        var failed = Assert.CatchAsync<SocketException>(async () => await client.ReceiveAsync(new byte[1], cancel));
        Assert.That(failed!.SocketErrorCode, Is.EqualTo(SocketError.TimedOut), "the system alone would try for 15 minutes");
    }

    /// <summary>
    /// A filter whose only instruction is to keep nothing. Acknowledgements do not get through either, so the sender backs off as on a real
    /// network.
    /// </summary>
    private static void LoseAllThatArrives(Socket socket)
    {
        const int socketLevel = 1, attachFilter = 26;   // asm-generic/socket.h
        const ushort returnConstant = 0x06;             // linux/bpf_common.h: BPF_RET | BPF_K
        var instruction = GCHandle.Alloc(new long[] { returnConstant }, GCHandleType.Pinned);
        try
        {
            long[] program = [1, instruction.AddrOfPinnedObject()];   // struct sock_fprog: how many instructions, and where
            socket.SetRawSocketOption(socketLevel, attachFilter, MemoryMarshal.AsBytes(program.AsSpan()));
        }
        finally
        {
            instruction.Free();
        }
    }
}
