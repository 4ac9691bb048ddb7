namespace Realtime.Server.Notifications.Cursors;

/// <summary>The current format: as many digits as a number needs, and one for a topic in which the reader has nothing yet.</summary>
/// <remarks>
/// <code>
/// "2"  check(4)  own  shape  [all]  [digest(3)]  zero(1) …  { name  place } …
///
/// place   sequence(1–9), and unless it is 0: stamp(7)  tag(3)
/// own     the place in the caller's user topic       all    the place in "all"
/// shape   4 × the number of groups at 0, + 1 if all follows, + 2 if groups follow
/// zero    6 bits of the key of a group at 0          digest 18 bits of the keys of all groups, combined
/// name    the first 30 bits of a group's key(5), or "." and 126 bits(21) if two of the reader's groups have the same 30
/// </code>
/// The check covers the text and the caller's name, so a cursor of another user is as invalid as one that was cut or changed. The digest
/// also tells which groups are meant if the written bits fit groups that were added later. Five topics take at most 128 characters, 102
/// at most 2,500.
/// </remarks>
internal static class CursorVersion2
{
    public const byte Version = (byte)'2';
    private const byte LongName = (byte)'.';
    private const int HeaderLength = 1 + CursorFormat.CheckDigits;
    private const int NameDigits = 5, LongNameDigits = 21;
    private const int TagDigits = 3;
    private const int DigestDigits = 3;
    private const int HasAll = 1, HasGroups = 2, ZeroesFrom = 4;
    private const int MostPlace = 9 + CursorFormat.StampDigits + TagDigits;

    /// <summary>The most groups in one cursor: those of a reader, and as many that are kept for it.</summary>
    private const int MaxGroups = 250;

    /// <summary>The 6 bits of a topic at position 0, which no other part of a cursor uses.</summary>
    public static int ZeroOf(TopicKey key) => (int)(key.Bits >> 58) & 63;

    /// <summary>The value to compare with <see cref="SpelledPositions.Digest"/>: the shares of the groups, combined.</summary>
    public static ulong DigestOf(ulong shares) => shares >> (64 - (6 * DigestDigits));

    /// <summary>The most bytes that <see cref="Write"/> needs.</summary>
    public static int MostLength(int topics) => HeaderLength + 3 + DigestDigits + ((topics + 2) * (1 + LongNameDigits + MostPlace));

    /// <param name="topics">The user's own first.</param>
    /// <param name="kept">Of this format too. If given, none of the topics is a group.</param>
    public static int Write(
        Span<byte> target, IReadOnlyList<Topic> topics, ReadOnlySpan<TopicKey> keys, ReadOnlySpan<Position> positions,
        KeptGroups? kept = null)
    {
        var text = new CursorText(target[HeaderLength..]);
        text.Place(positions[0]);

        var (all, zeroes, shares) = (-1, kept?.Zeroes.Length ?? 0, 0UL);
        for (var i = 1; i < keys.Length; i++)
        {
            if (topics[i] == Topic.All)
            {
                all = i;
                continue;
            }
            shares ^= keys[i].Share;
            if (positions[i].Sequence == 0) zeroes++;
        }
        var groups = keys.Length - (all < 0 ? 1 : 2) + (kept?.Count ?? 0);
        text.Short((zeroes * ZeroesFrom) + (groups > 0 ? HasGroups : 0) + (all >= 0 ? HasAll : 0));
        if (all >= 0) text.Place(positions[all]);
        if (groups > 0) text.Digits(DigestDigits, kept?.Digest ?? DigestOf(shares));
        for (var i = 1; i < keys.Length; i++)
        {
            if (i != all && positions[i].Sequence == 0) text.Digits(1, (ulong)ZeroOf(keys[i]));
        }
        if (kept is not null)
            foreach (var zero in kept.Zeroes.Span) text.Digits(1, zero);
        for (var i = 1; i < keys.Length; i++)
        {
            if (i == all || positions[i].Sequence == 0) continue;
            text.Name(NameOf(keys[i], Meets(keys, i) ? LongNameDigits : NameDigits));
            text.Place(positions[i]);
        }
        foreach (var (name, position) in kept?.Named ?? [])
        {
            text.Name(name);
            text.Place(position);
        }

        target[0] = Version;
        CursorDigits.Write(target[1..HeaderLength], Check(text.Written, keys[0]));
        return HeaderLength + text.Written.Length;
    }

    /// <returns>Null if the text is no cursor of this user.</returns>
    public static SpelledPositions? Read(ReadOnlySpan<byte> text, string user)
    {
        if (text.Length <= HeaderLength || !CursorDigits.TryRead(text[1..HeaderLength], out var check)) return null;
        text = text[HeaderLength..];
        if (check != (ulong)Check(text, TopicKey.Of(Topic.User(user)))) return null;

        // The rest was written by one of our nodes, perhaps of another version, but is read just as carefully.
        Position? all = null;
        ulong? digest = null;
        if (!TryTakePlace(ref text, out var own) || !CursorDigits.TryTakeShort(ref text, MaxGroups * ZeroesFrom, out var shape))
            return null;
        if ((shape & HasAll) != 0)
        {
            if (!TryTakePlace(ref text, out var place)) return null;
            all = place;
        }
        if ((shape & HasGroups) != 0)
        {
            if (!CursorDigits.TryTake(ref text, DigestDigits, out var bits)) return null;
            digest = (ulong)bits;
        }
        var zeroes = new byte[shape / ZeroesFrom];
        foreach (ref var zero in zeroes.AsSpan())
        {
            if (!CursorDigits.TryTake(ref text, 1, out var bits)) return null;
            zero = (byte)bits;
        }
        var named = new List<NamedPosition>();
        while (text.Length > 0)
        {
            if (named.Count == MaxGroups || !TryTakeName(ref text, out var name) || !TryTakePlace(ref text, out var place)) return null;
            named.Add(new(name, place));
        }
        return new() { Own = own, All = all, Digest = digest, Zeroes = zeroes, Named = named };
    }

    private static TopicName NameOf(TopicKey key, int digits) => new(key.First(digits * 6), digits * 6);

    private static bool TryTakeName(ref ReadOnlySpan<byte> text, out TopicName name)
    {
        var digits = text[0] == LongName ? LongNameDigits : NameDigits;
        if (digits == LongNameDigits) text = text[1..];
        name = default;
        if (!CursorDigits.TryTake(ref text, digits, out var bits)) return false;
        name = new(bits, digits * 6);
        return true;
    }

    private static bool TryTakePlace(ref ReadOnlySpan<byte> text, out Position place)
    {
        place = Position.Start;
        if (!CursorDigits.TryTakeShort(ref text, CursorFormat.MaxNumber, out var sequence)) return false;
        if (sequence == 0) return true;
        if (!CursorDigits.TryTake(ref text, CursorFormat.StampDigits, out var stamp)
            || !CursorDigits.TryTake(ref text, TagDigits, out var tag)) return false;
        place = new(sequence, (long)stamp, (int)tag);
        return stamp > 0;
    }

    private static bool Meets(ReadOnlySpan<TopicKey> keys, int one)
    {
        var name = keys[one].First(NameDigits * 6);
        for (var i = 1; i < keys.Length; i++)
        {
            if (i != one && keys[i].First(NameDigits * 6) == name) return true;
        }
        return false;
    }

    private static UInt128 Check(ReadOnlySpan<byte> text, TopicKey own) =>
        BitMixer.Hash((ulong)(own.Bits >> 64), text) >> (64 - (6 * CursorFormat.CheckDigits));

    private ref struct CursorText(Span<byte> target)
    {
        private readonly Span<byte> _target = target;
        private int _length;

        public readonly ReadOnlySpan<byte> Written => _target[.._length];

        public void Digits(int count, UInt128 value)
        {
            CursorDigits.Write(_target.Slice(_length, count), value);
            _length += count;
        }

        public void Name(TopicName name)
        {
            if (name.Length == LongNameDigits * 6) _target[_length++] = LongName;
            Digits(name.Length / 6, name.Bits);
        }

        public void Short(long value) => _length += CursorDigits.WriteShort(_target[_length..], (ulong)value);

        public void Place(Position position)
        {
            Short(position.Sequence);
            if (position.Sequence == 0) return;
            Digits(CursorFormat.StampDigits, (ulong)position.Stamp);
            Digits(TagDigits, (ulong)position.Tag);
        }
    }
}
