using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Realtime.Tests.Support;

/// <summary>
/// Makes one end of a connection half-open: its kernel drops every segment, without an acknowledgement or a reset.
/// </summary>
internal static class DeafSocket
{
    private const int SolSocket = 1, SoAttachFilter = 26, SoDetachFilter = 27;   // asm-generic/socket.h

    // Classic BPF, one instruction: BPF_RET | BPF_K with 0, which accepts no byte of any segment. Linux copies it.
    private const ulong DropEverything = 0x06;

    /// <summary>
    /// From now on no data arrives, and at a listener no connection. Needs no privileges. Keep the socket open: closing it would still send
    /// a FIN.
    /// </summary>
    public static void Deafen(this Socket socket)
    {
        var filter = GCHandle.Alloc(DropEverything, GCHandleType.Pinned);
        try
        {
            var program = new byte[2 * IntPtr.Size];
            BitConverter.TryWriteBytes(program, (ushort)1);
            BitConverter.TryWriteBytes(program.AsSpan(IntPtr.Size), filter.AddrOfPinnedObject());
            socket.SetRawSocketOption(SolSocket, SoAttachFilter, program);
        }
        finally
        {
            filter.Free();
        }
    }

    /// <summary>Data arrive again: what was dropped when its sender repeats it.</summary>
    public static void Undeafen(this Socket socket) => socket.SetRawSocketOption(SolSocket, SoDetachFilter, new byte[sizeof(int)]);
}
