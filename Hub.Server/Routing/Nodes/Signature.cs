using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Realtime.Server.Routing.Nodes;

/// <summary>Proof that a text was written by a holder of the nodes' key: HMAC-SHA256, as base64url.</summary>
internal static class Signature
{
    /// <summary>How far a signed time may differ from this node's.</summary>
    public static readonly TimeSpan TimeTolerance = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of a text on the stack at most; longer texts are rare.</summary>
    private const int StackBytes = 1_024;

    public static string Of(byte[] key, string text)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Span<byte> bytes = text.Length <= StackBytes / 3
            ? stackalloc byte[StackBytes]
            : new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        HMACSHA256.HashData(key, bytes[..Encoding.UTF8.GetBytes(text, bytes)], hash);
        return Base64Url.EncodeToString(hash);
    }

    /// <summary>Compares a signature in constant time.</summary>
    public static bool IsRight(ReadOnlySpan<char> signature, byte[] key, string text) =>
        CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(signature), MemoryMarshal.AsBytes(Of(key, text).AsSpan()));
}
