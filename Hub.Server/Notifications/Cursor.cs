using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Realtime.Server.Notifications;

/// <summary>The positions a reader says it has reached. It names positions and grants nothing; see <see cref="CursorFormat"/>.</summary>
internal sealed class Cursor
{
    private readonly Dictionary<TopicKey, Position> _positions;

    private Cursor(Dictionary<TopicKey, Position> positions) => _positions = positions;

    /// <summary>Reads a cursor that belongs to a user; a malformed one and somebody else's are refused alike.</summary>
    public static bool TryParse(string? text, string user, [NotNullWhen(true)] out Cursor? cursor) =>
        TryParse(text, out cursor) && cursor._positions.ContainsKey(TopicKey.Of(Topic.User(user)));

    public static bool TryParse(string? text, [NotNullWhen(true)] out Cursor? cursor)
    {
        cursor = null;
        if (text is null || text.Length <= CursorFormat.HeaderLength || text[0] != CursorFormat.Version) return false;
        var (count, rest) = Math.DivRem(text.Length - CursorFormat.HeaderLength, CursorFormat.SegmentLength);
        if (rest != 0) return false;

        var positions = new Dictionary<TopicKey, Position>(count);
        var shares = 0UL;
        for (var i = 0; i < count; i++)
        {
            var segment = text.AsSpan(CursorFormat.HeaderLength + (i * CursorFormat.SegmentLength), CursorFormat.SegmentLength);
            if (!TryParse(segment, out var key, out var position) || !positions.TryAdd(key, position)) return false;
            shares ^= CursorFormat.CheckShare(key, position);
        }

        if (!CursorFormat.TryRead(text.AsSpan(CursorFormat.CheckOffset, CursorFormat.CheckDigits), out var check)
            || check != CursorFormat.CheckDigest(shares, count)) return false;
        cursor = new Cursor(positions);
        return true;
    }

    public static string Format(IReadOnlyList<(Topic Topic, Position Position)> positions)
    {
        var buffer = new CursorBuffer([.. positions.Select(p => p.Topic)]);
        for (var i = 0; i < positions.Count; i++) buffer.Move(i, positions[i].Position);
        return Encoding.ASCII.GetString(buffer.Utf8);
    }

    public bool TryGet(Topic topic, out Position position) => _positions.TryGetValue(TopicKey.Of(topic), out position);

    private static bool TryParse(ReadOnlySpan<char> segment, out TopicKey key, out Position position)
    {
        const int stampAt = CursorFormat.KeyDigits, sequenceAt = stampAt + CursorFormat.NumberDigits;
        var valid = CursorFormat.TryRead(segment[..stampAt], out var bits)
            & CursorFormat.TryRead(segment[stampAt..sequenceAt], out var stamp)
            & CursorFormat.TryRead(segment[sequenceAt..], out var sequence);
        key = new TopicKey(bits);
        position = new Position((long)sequence, (long)stamp);
        return valid && sequence == 0 == (stamp == 0);
    }
}
