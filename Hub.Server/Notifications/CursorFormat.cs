namespace Realtime.Server.Notifications;

/// <summary>How a cursor is spelled.</summary>
/// <remarks>
/// <code>
/// "1"  check(4)  { topic key(8)  stamp(7)  sequence(7) } …      the caller's own user topic first
/// </code>
/// Numbers are big-endian in the 64 digits of base64url (RFC 4648, section 5), so a cursor passes through headers and URLs as it is. All
/// fields have a fixed width: moving on by one notification rewrites 18 bytes in place. The check makes a cursor that was cut or mangled on
/// its way a malformed one, instead of one that silently lacks a topic. Five topics take 115 characters, 102 take 2,249.
/// </remarks>
internal static class CursorFormat
{
    public const byte Version = (byte)'1';
    public const int CheckOffset = 1;
    public const int CheckDigits = 4;
    public const int HeaderLength = CheckOffset + CheckDigits;
    public const int KeyDigits = 8;
    public const int NumberDigits = 7;
    public const int SegmentLength = KeyDigits + (2 * NumberDigits);

    /// <summary>The largest sequence or stamp (the year 2109) that fits.</summary>
    public const long MaxNumber = (1L << (6 * NumberDigits)) - 1;

    private static ReadOnlySpan<byte> Digits => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8;

    private static readonly sbyte[] Values = MakeValues();

    public static void Write(Span<byte> target, ulong value)
    {
        for (var i = target.Length - 1; i >= 0; i--, value >>= 6) target[i] = Digits[(int)(value & 63)];
    }

    public static bool TryRead(ReadOnlySpan<char> digits, out ulong value)
    {
        value = 0;
        foreach (var digit in digits)
        {
            if (digit >= Values.Length || Values[digit] < 0) return false;
            value = (value << 6) | (byte)Values[digit];
        }
        return true;
    }

    /// <summary>One topic's share of the check; the shares are combined with xor, so that one can be replaced without the others.</summary>
    public static ulong CheckShare(TopicKey key, Position position) =>
        Mix(Mix(Mix(key.Bits) ^ (ulong)position.Sequence) ^ (ulong)position.Stamp);

    public static ulong CheckDigest(ulong shares, int topics) => Mix(shares ^ (ulong)topics) >> (64 - (6 * CheckDigits));

    // The finishing step of SplitMix64: every input bit reaches every output bit.
    private static ulong Mix(ulong bits)
    {
        bits += 0x9E3779B97F4A7C15;
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }

    private static sbyte[] MakeValues()
    {
        var values = new sbyte[128];
        Array.Fill(values, (sbyte)-1);
        for (var i = 0; i < Digits.Length; i++) values[Digits[i]] = (sbyte)i;
        return values;
    }
}
