using System.Buffers.Binary;

namespace Realtime.Server.Log.Sqlite.Tables;

/// <summary>Blobs of 64-bit little-endian numbers.</summary>
internal static class Int64Blob
{
    public const int Size = sizeof(long);

    public static long At(ReadOnlySpan<byte> blob, int index) => BinaryPrimitives.ReadInt64LittleEndian(blob[(index * Size)..]);

    public static void Put(Span<byte> blob, int index, long value) =>
        BinaryPrimitives.WriteInt64LittleEndian(blob[(index * Size)..], value);
}
