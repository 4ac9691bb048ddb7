using System.Security.Cryptography;
using Realtime.Server.Notifications;

namespace Realtime.Server.Redis.Data;

/// <summary>
/// What append.lua announces: <c>stamp-sequence previous-stamp secret body</c>. The body begins at the first quote; a later version may put
/// further fields, separated by spaces, in front of it. The first version had no secret.
/// </summary>
internal static class AnnouncementFrame
{
    private const int FieldsBeforeSecret = 2;

    /// <summary>Characters of the secret: 132 bits.</summary>
    public const int SecretLength = 22;

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

    /// <summary>
    /// Whether it carries the secret that only the nodes of this installation know. Without it a frame says no more than that the log may
    /// have grown.
    /// </summary>
    /// <param name="secret">Empty while it is not known: then nothing carries it.</param>
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
