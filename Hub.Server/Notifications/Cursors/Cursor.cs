using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Realtime.Server.Notifications.Cursors;

/// <summary>
/// The positions that a reader claims to have reached. A cursor names positions and grants nothing; see <see cref="CursorVersion2"/>.
/// </summary>
internal sealed class Cursor(SpelledPositions spelled)
{
    /// <summary>Reads a cursor that belongs to a user. A malformed cursor and one of another user are refused alike.</summary>
    public static bool TryParse(string? text, string user, [NotNullWhen(true)] out Cursor? cursor)
    {
        cursor = null;
        if (text is not { Length: > 0 and <= CursorFormat.MaxLength } || !Ascii.IsValid(text)) return false;
        var ascii = Encoding.ASCII.GetBytes(text);
        var spelled = ascii[0] switch
        {
            CursorVersion1.Version => CursorVersion1.Read(ascii, user),
            CursorVersion2.Version => CursorVersion2.Read(ascii, user),
            _ => null,
        };
        cursor = spelled is null ? null : new(spelled);
        return cursor is not null;
    }

    /// <summary>A reader's own cursor, as it is written now.</summary>
    public static Cursor Of(CursorBuffer buffer, string user) => TryParse(Encoding.ASCII.GetString(buffer.Utf8), user, out var cursor)
        ? cursor
        : throw new InvalidOperationException("A cursor that was just written cannot be read.");

    /// <param name="positions">The user's own topic first.</param>
    public static string Format(IReadOnlyList<(Topic Topic, Position Position)> positions)
    {
        var buffer = new CursorBuffer([.. positions.Select(p => p.Topic)], new CursorChoice());
        for (var i = 0; i < positions.Count; i++) buffer.Move(i, positions[i].Position);
        return Encoding.ASCII.GetString(buffer.Utf8);
    }

    /// <summary>The groups that the cursor names, for a reader whose token does not list its groups; null if there are none.</summary>
    /// <param name="topics">The reader's topics, none of which is a group.</param>
    public KeptGroups? GroupsBeside(IReadOnlyList<Topic> topics) => KeptGroups.Of(spelled, topics);

    /// <summary>The position in each of a reader's topics; null in those that the cursor does not name.</summary>
    /// <param name="topics">The user's own first.</param>
    public Position?[] PositionsIn(IReadOnlyList<Topic> topics) => new CursorReading(spelled, topics).Positions();
}
