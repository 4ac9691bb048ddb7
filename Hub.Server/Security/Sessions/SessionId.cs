using System.Buffers.Binary;

namespace Realtime.Server.Security.Sessions;

/// <summary>
/// The id of a browser's session: a UUID that holds the time at which it began (version 7, RFC 9562, section 5.7). Those of earlier
/// versions of the server hold none.
/// </summary>
internal static class SessionId
{
    private const int TimeVersion = 7;

    public static string New(TimeProvider time) => Guid.CreateVersion7(time.GetUtcNow()).ToString("N");

    /// <returns>Unix milliseconds; null if it is not known.</returns>
    public static long? BeganAt(string session)
    {
        if (!Guid.TryParseExact(session, "N", out var id) || id.Version != TimeVersion) return null;
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return ((long)BinaryPrimitives.ReadUInt32BigEndian(bytes) << 16) | BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
    }
}
