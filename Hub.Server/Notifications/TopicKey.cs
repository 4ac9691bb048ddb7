using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Realtime.Server.Notifications;

/// <summary>
/// A topic's name in cursors: the first 128 bits of the SHA-256 of its text, the same on every node and in every version.
/// </summary>
/// <remarks>
/// Cursors contain only the first bits. Names whose first bits collide can be found on purpose, so each format says how it handles them.
/// </remarks>
internal readonly record struct TopicKey(UInt128 Bits)
{
    /// <summary>The share of one topic in a number over several, combined with xor. Independent of the bits that cursors contain.</summary>
    public ulong Share => BitMixer.Mix((ulong)Bits);

    public static TopicKey Of(Topic topic)
    {
        // UTF-8 takes at most three bytes for a UTF-16 code unit.
        Span<byte> text = stackalloc byte[(NameRules.MaxLength + 16) * 3];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..Encoding.UTF8.GetBytes(topic.Text, text)], hash);
        return new TopicKey(BinaryPrimitives.ReadUInt128BigEndian(hash));
    }

    /// <summary>The first bits, up to 128.</summary>
    public UInt128 First(int bits) => Bits >> (128 - bits);
}
