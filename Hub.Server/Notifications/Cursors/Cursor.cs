using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Realtime.Server.Notifications.Cursors;

/// <summary>The positions that a reader says it has reached. It names positions and grants nothing; see <see cref="CursorVersion2"/>.</summary>
internal sealed class Cursor
{
    /// <summary>In the caller's own topic; null if <see cref="Named"/> holds it.</summary>
    public Position? Own { get; init; }

    /// <summary>In <c>all</c>; null if <see cref="Named"/> holds it, or nothing does.</summary>
    public Position? All { get; init; }

    public IReadOnlyList<NamedPosition> Named { get; init; } = [];

    /// <summary>For each group at 0 a few bits of its key.</summary>
    public byte[] Zeroes { get; init; } = [];

    /// <summary>Over all groups; null in cursors that have none.</summary>
    public ulong? Digest { get; init; }

    /// <summary>Reads a cursor that belongs to a user. One that is malformed and one of another user are refused alike.</summary>
    public static bool TryParse(string? text, string user, [NotNullWhen(true)] out Cursor? cursor)
    {
        cursor = null;
        if (text is not { Length: > 0 and <= CursorFormat.MaxLength } || !Ascii.IsValid(text)) return false;
        var ascii = Encoding.ASCII.GetBytes(text);
        return ascii[0] switch
        {
            CursorVersion1.Version => CursorVersion1.TryRead(ascii, user, out cursor),
            CursorVersion2.Version => CursorVersion2.TryRead(ascii, user, out cursor),
            _ => false,
        };
    }

    /// <param name="positions">The user's own topic first.</param>
    public static string Format(IReadOnlyList<(Topic Topic, Position Position)> positions)
    {
        var buffer = new CursorBuffer([.. positions.Select(p => p.Topic)], new CursorChoice());
        for (var i = 0; i < positions.Count; i++) buffer.Move(i, positions[i].Position);
        return Encoding.ASCII.GetString(buffer.Utf8);
    }

    /// <summary>The position in each of a reader's topics; null in those that the cursor does not name.</summary>
    /// <param name="topics">The user's own first.</param>
    public Position?[] PositionsIn(IReadOnlyList<Topic> topics) => new CursorReading(this, topics).Positions();
}
