namespace Realtime.Server.Publishing.Body;

/// <summary>
/// Checks a moment in RFC 3339 form: <c>2026-11-22T09:00:00.5+01:00</c>. The text is delivered as it was sent and never converted, so no
/// precision and no leap second is lost.
/// </summary>
internal static class Rfc3339
{
    private const int MinutesPerDay = 24 * 60;

    //                                        0123456789012345678
    private static ReadOnlySpan<byte> Shape => "0000-00-00T00:00:00"u8;

    public static bool IsMoment(ReadOnlySpan<byte> text)
    {
        if (text.Length < Shape.Length || !HasShape(text[..Shape.Length])) return false;
        var (year, month, day) = (Two(text) * 100 + Two(text[2..]), Two(text[5..]), Two(text[8..]));
        var (hour, minute, second) = (Two(text[11..]), Two(text[14..]), Two(text[17..]));
        if (month is < 1 or > 12 || day < 1 || day > DaysIn(year, month) || hour > 23 || minute > 59 || second > 60) return false;

        var rest = text[Shape.Length..];
        if (!TrySkipFraction(ref rest) || !TryReadOffset(rest, out var offset)) return false;
        // Leap seconds come at midnight UTC only.
        return second < 60 || (hour * 60 + minute - offset + MinutesPerDay) % MinutesPerDay == MinutesPerDay - 1;
    }

    private static bool HasShape(ReadOnlySpan<byte> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var fits = (char)Shape[i] switch
            {
                '0' => char.IsAsciiDigit((char)text[i]),
                'T' => text[i] is (byte)'T' or (byte)'t',
                var separator => text[i] == separator,
            };
            if (!fits) return false;
        }
        return true;
    }

    private static bool TrySkipFraction(ref ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty || rest[0] != '.') return true;
        var digits = rest[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits <= 0) return false;
        rest = rest[(1 + digits)..];
        return true;
    }

    /// <summary><c>Z</c> or <c>±hh:mm</c>, in minutes.</summary>
    private static bool TryReadOffset(ReadOnlySpan<byte> text, out int minutes)
    {
        minutes = 0;
        if (text.Length == 1) return text[0] is (byte)'Z' or (byte)'z';
        if (text.Length != 6 || text[0] is not ((byte)'+' or (byte)'-') || text[3] != ':') return false;
        foreach (var i in (ReadOnlySpan<int>)[1, 2, 4, 5])
            if (!char.IsAsciiDigit((char)text[i])) return false;
        var (hour, minute) = (Two(text[1..]), Two(text[4..]));
        minutes = (text[0] == '-' ? -1 : 1) * (hour * 60 + minute);
        return hour <= 23 && minute <= 59;
    }

    private static int Two(ReadOnlySpan<byte> digits) => (digits[0] - '0') * 10 + digits[1] - '0';

    // The calendar of .NET begins with year 1; year 0 is a leap year like 4.
    private static int DaysIn(int year, int month) => DateTime.DaysInMonth(year == 0 ? 4 : year, month);
}
