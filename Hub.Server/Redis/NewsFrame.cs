using Realtime.Server.Notifications;

namespace Realtime.Server.Redis;

/// <summary>
/// What append.lua announces: <c>stamp-sequence previous-stamp body</c>. The body begins at the first quote; a later version may put further
/// fields, separated by spaces, in front of it.
/// </summary>
internal static class NewsFrame
{
    /// <summary>Null for anything that append.lua cannot have said.</summary>
    public static Notification? Parse(ReadOnlyMemory<byte> frame)
    {
        var bodyAt = frame.Span.IndexOf((byte)'"');
        if (bodyAt < 0) return null;
        var fields = frame.Span[..bodyAt];
        var end = fields.IndexOf((byte)' ');
        if (end < 0 || !PositionText.TryParse(fields[..end], out var position)) return null;
        fields = fields[(end + 1)..];
        if (!PositionText.TryReadNumber(ref fields, out var previous) || fields.IsEmpty || fields[0] != ' ') return null;
        return EntryCheck.Make(position, previous, frame[bodyAt..]);
    }
}
