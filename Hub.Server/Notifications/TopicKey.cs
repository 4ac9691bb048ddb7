using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Realtime.Server.Notifications;

/// <summary>A topic's short name in cursors: the first 48 bits of the SHA-256 of its text, the same on every node and for ever.</summary>
/// <remarks>Two of a reader's hundred topics share one with a chance of 1 in 50,000 million; a cursor grants nothing, so no more is needed.</remarks>
internal readonly record struct TopicKey(ulong Bits)
{
    public static TopicKey Of(Topic topic)
    {
        // UTF-8 takes at most three bytes for a UTF-16 code unit.
        Span<byte> text = stackalloc byte[(Names.MaxLength + 16) * 3];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..Encoding.UTF8.GetBytes(topic.Text, text)], hash);
        return new TopicKey(BinaryPrimitives.ReadUInt64BigEndian(hash) >> 16);
    }
}
