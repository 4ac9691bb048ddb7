namespace Realtime.Server.Notifications.Cursors;

/// <summary>The first format. Nodes of the first version read no other, so it is written while there is such a node.</summary>
/// <remarks>
/// <code>
/// "1"  check(4)  { topic key(8)  stamp(7)  sequence(7) } …      the caller's own user topic first
/// </code>
/// All fields have a fixed width. The check makes a cursor that was cut or changed in transit invalid; without it, such a cursor would
/// silently lack a topic. Five topics take 115 characters, 102 take 2,249. Two topics with colliding keys are told apart by their order.
/// </remarks>
internal static class CursorVersion1
{
    public const byte Version = (byte)'1';
    private const int HeaderLength = 1 + CursorFormat.CheckDigits;
    private const int KeyDigits = 8;
    private const int SegmentLength = KeyDigits + (2 * CursorFormat.StampDigits);

    public static int Length(int topics) => HeaderLength + (topics * SegmentLength);

    /// <summary>The part of a key that is written: 48 bits.</summary>
    private static ulong KeyOf(TopicKey key) => (ulong)key.First(KeyDigits * 6);

    /// <param name="kept">Of this format too.</param>
    public static int Write(
        Span<byte> target, ReadOnlySpan<TopicKey> keys, ReadOnlySpan<Position> positions, KeptGroups? kept = null)
    {
        target[0] = Version;
        var (count, shares) = (0, 0UL);
        for (var i = 0; i < keys.Length; i++) shares ^= WriteSegment(target, count++, KeyOf(keys[i]), positions[i]);
        foreach (var (name, position) in kept?.Named ?? []) shares ^= WriteSegment(target, count++, (ulong)name.Bits, position);
        CursorDigits.Write(target[1..HeaderLength], Check(shares, count));
        return Length(count);
    }

    /// <summary>Whether two topics have the same written bits.</summary>
    public static bool HasMeeting(ReadOnlySpan<TopicKey> keys)
    {
        for (var i = 1; i < keys.Length; i++)
            for (var j = 0; j < i; j++)
                if (KeyOf(keys[i]) == KeyOf(keys[j])) return true;
        return false;
    }

    /// <returns>Null if the text is no cursor of this user.</returns>
    public static SpelledPositions? Read(ReadOnlySpan<byte> text, string user)
    {
        var (count, rest) = Math.DivRem(text.Length - HeaderLength, SegmentLength);
        if (rest != 0 || count == 0) return null;

        var named = new List<NamedPosition>(count);
        var shares = 0UL;
        for (var segments = text[HeaderLength..]; segments.Length > 0;)
        {
            if (!CursorDigits.TryTake(ref segments, KeyDigits, out var key)
                || !CursorDigits.TryTake(ref segments, CursorFormat.StampDigits, out var stamp)
                || !CursorDigits.TryTake(ref segments, CursorFormat.StampDigits, out var sequence)
                || sequence == 0 != (stamp == 0)) return null;
            var position = new Position((long)sequence, (long)stamp);
            named.Add(new(new(key, KeyDigits * 6), position));
            shares ^= Share((ulong)key, position);
        }
        if (!CursorDigits.TryRead(text[1..HeaderLength], out var check) || check != Check(shares, count)) return null;

        var own = TopicKey.Of(Topic.User(user));
        if (!named.Exists(one => one.Name.IsOf(own))) return null;
        return new() { Named = named };
    }

    /// <returns>Its share in the check.</returns>
    private static ulong WriteSegment(Span<byte> target, int index, ulong key, Position position)
    {
        var segment = target.Slice(Length(index), SegmentLength);
        CursorDigits.Write(segment[..KeyDigits], key);
        CursorDigits.Write(segment.Slice(KeyDigits, CursorFormat.StampDigits), (ulong)position.Stamp);
        CursorDigits.Write(segment[(KeyDigits + CursorFormat.StampDigits)..], (ulong)position.Sequence);
        return Share(key, position);
    }

    private static ulong Share(ulong key, Position position) =>
        BitMixer.Mix(BitMixer.Mix(BitMixer.Mix(key) ^ (ulong)position.Sequence) ^ (ulong)position.Stamp);

    private static ulong Check(ulong shares, int topics) => BitMixer.Mix(shares ^ (ulong)topics) >> (64 - (6 * CursorFormat.CheckDigits));
}
