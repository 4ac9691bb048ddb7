using System.Buffers.Text;
using System.Globalization;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;

namespace Realtime.Server.Redis.Data;

/// <summary>The text of a position in Redis, which is also the id of its entry: <c>stamp-sequence</c>, decimal.</summary>
internal static class PositionText
{
    public static string Format(Position position) => string.Create(CultureInfo.InvariantCulture, $"{position.Stamp}-{position.Sequence}");

    /// <summary>False for text that this server's log cannot have written.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out Position position)
    {
        position = default;
        if (!TryReadNumber(ref text, out var stamp) || text.IsEmpty || text[0] != '-') return false;
        text = text[1..];
        if (!TryReadNumber(ref text, out var sequence) || !text.IsEmpty || sequence == 0 != (stamp == 0)) return false;
        position = new(sequence, stamp);
        return true;
    }

    /// <summary>Reads a sequence or a stamp, and advances past it.</summary>
    public static bool TryReadNumber(ref ReadOnlySpan<byte> text, out long number)
    {
        if (!Utf8Parser.TryParse(text, out number, out var length) || text[0] is < (byte)'0' or > (byte)'9'
            || number > CursorFormat.MaxNumber) return false;
        text = text[length..];
        return true;
    }
}
