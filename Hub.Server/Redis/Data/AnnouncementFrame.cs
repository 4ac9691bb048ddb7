using System.Security.Cryptography;
using Realtime.Server.Notifications;

namespace Realtime.Server.Redis.Data;

/// <summary>
/// The format of append.lua's announcements: <c>stamp-sequence previous-stamp secret body</c>. The body begins at the first quote. A later
/// version may add further fields before it, separated by spaces. The first version had no secret.
/// </summary>
internal static class AnnouncementFrame
{
    private const int FieldsBeforeSecret = 2;

    /// <summary>Characters of the secret: 132 bits.</summary>
    public const int SecretLength = 22;

    /// <summary>Null for anything that append.lua cannot have sent.</summary>
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

    /// <summary>
    /// True if the frame carries the secret that only the nodes of this installation have. Without it, a frame is only a hint that the log
    /// may have grown.
    /// </summary>
    /// <param name="secret">Empty until the node has read it; then the result is false.</param>
    public static bool Carries(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> secret)
    {
        if (secret.IsEmpty) return false;
        for (var i = 0; i < FieldsBeforeSecret; i++)
        {
            var space = frame.IndexOf((byte)' ');
            if (space < 0) return false;
            frame = frame[(space + 1)..];
        }
        return frame.Length > secret.Length && frame[secret.Length] == ' '
            && CryptographicOperations.FixedTimeEquals(frame[..secret.Length], secret);
    }
}
