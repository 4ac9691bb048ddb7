using System.Buffers.Binary;

namespace Realtime.Server.Notifications;

/// <summary>Spreads bits, the same on every node and in every version. Not against adversaries.</summary>
internal static class BitMixer
{
    /// <summary>The finishing step of SplitMix64: every input bit reaches every output bit.</summary>
    public static ulong Mix(ulong bits)
    {
        bits += 0x9E3779B97F4A7C15;
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }

    /// <summary>A hash of a text, eight bytes at a time, little-endian.</summary>
    public static ulong Hash(ulong seed, ReadOnlySpan<byte> text)
    {
        var hash = Mix(seed ^ (ulong)text.Length);
        for (; text.Length >= sizeof(ulong); text = text[sizeof(ulong)..]) hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(text));
        var rest = 0UL;
        for (var i = text.Length - 1; i >= 0; i--) rest = (rest << 8) | text[i];
        return Mix(hash ^ rest);
    }
}
