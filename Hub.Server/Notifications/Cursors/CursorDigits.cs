namespace Realtime.Server.Notifications.Cursors;

/// <summary>
/// Numbers in cursors: the 64 digits of base64url (RFC 4648, section 5), most significant first, so cursors pass through URLs as they are.
/// </summary>
internal static class CursorDigits
{
    private const int Bits = 6;
    private const int ChunkBits = Bits - 1;      // of a number of any width; the highest bit says that another digit follows
    private const byte Continues = 1 << ChunkBits;

    private static readonly sbyte[] Values = MakeValues();

    private static ReadOnlySpan<byte> Digits => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8;

    /// <summary>Fills the target with the lowest bits of a value.</summary>
    public static void Write(Span<byte> target, UInt128 value)
    {
        for (var i = target.Length - 1; i >= 0; i--, value >>= Bits) target[i] = Digits[(int)((ulong)value & 63)];
    }

    /// <summary>Writes a number in as few digits as it needs: one below 32, two below 1,024, …</summary>
    /// <returns>The number of digits.</returns>
    public static int WriteShort(Span<byte> target, ulong value)
    {
        var count = 1;
        for (var rest = value >> ChunkBits; rest > 0; rest >>= ChunkBits) count++;
        for (var i = count - 1; i >= 0; i--, value >>= ChunkBits)
            target[i] = Digits[(int)(value & (Continues - 1)) | (i < count - 1 ? Continues : 0)];
        return count;
    }

    public static bool TryRead(ReadOnlySpan<byte> digits, out UInt128 value)
    {
        value = 0;
        foreach (var digit in digits)
        {
            if (digit >= Values.Length || Values[digit] < 0) return false;
            value = (value << Bits) | (byte)Values[digit];
        }
        return true;
    }

    /// <summary>Takes this many digits off the text; false if there are fewer.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> text, int digits, out UInt128 value)
    {
        value = 0;
        if (text.Length < digits || !TryRead(text[..digits], out value)) return false;
        text = text[digits..];
        return true;
    }

    /// <summary>Takes a number as <see cref="WriteShort"/> writes it; false for one that is larger than <paramref name="most"/>.</summary>
    public static bool TryTakeShort(ref ReadOnlySpan<byte> text, long most, out long value)
    {
        value = 0;
        while (TryTake(ref text, 1, out var digit))
        {
            value = (value << ChunkBits) | ((long)digit & (Continues - 1));
            if (value > most) return false;
            if (digit < Continues) return true;
        }
        return false;
    }

    private static sbyte[] MakeValues()
    {
        var values = new sbyte[128];
        Array.Fill(values, (sbyte)-1);
        for (var i = 0; i < Digits.Length; i++) values[Digits[i]] = (sbyte)i;
        return values;
    }
}
