namespace Realtime.Server.Notifications.Cursors;

/// <summary>
/// Finds out which of a reader's topics a cursor means. The reader's groups may differ from those that the cursor was written for.
/// </summary>
/// <remarks>
/// The written bits of a group may fit several groups, because groups were added later or keys collide. Then: (1) If as many positions have
/// the same bits as groups fit, they are taken in their order. (2) Otherwise the digest decides. (3) If the digest cannot decide, because a
/// group has left, all groups that fit count. A position too many costs a reader notifications that it has; one too few would lose some.
/// </remarks>
internal sealed class CursorReading
{
    /// <summary>The most choices that are tried against the digest.</summary>
    private const int MostTries = 10_000;

    private readonly SpelledPositions _spelled;
    private readonly IReadOnlyList<Topic> _topics;
    private readonly TopicKey[] _keys;
    private readonly Position?[] _positions;
    private readonly List<Choice> _open = [];
    private ulong _shares;
    private bool _hasLeft;
    private int _tries;

    public CursorReading(SpelledPositions spelled, IReadOnlyList<Topic> topics)
    {
        (_spelled, _topics) = (spelled, topics);
        _keys = [.. topics.Select(TopicKey.Of)];
        _positions = new Position?[topics.Count];
    }

    public Position?[] Positions()
    {
        TakeOwnAndAll();
        foreach (var named in _spelled.Named.GroupBy(one => one.Name)) Take([.. named.Select(one => one.Position)], named.Key.IsOf);
        foreach (var zeroes in _spelled.Zeroes.GroupBy(zero => zero))
            Take([.. zeroes.Select(_ => Position.Start)], key => CursorVersion2.ZeroOf(key) == zeroes.Key);

        if (_open.Count > 0)
        {
            if (_spelled.Digest is not null && !_hasLeft && Decide(0, 0, _shares)) return _positions;
            foreach (var choice in _open)
                foreach (var topic in choice.Candidates) _positions[topic] = choice.Position;
        }
        // A single group that does not match the digest has matched the bits of another group.
        else if (_spelled.Digest is { } digest && !_hasLeft && _spelled.Named.Count + _spelled.Zeroes.Length == 1
            && CursorVersion2.DigestOf(_shares) != digest)
        {
            for (var i = 0; i < _positions.Length; i++)
                if (MayBeSpelled(i)) _positions[i] = null;
        }
        return _positions;
    }

    private void TakeOwnAndAll()
    {
        for (var i = 0; i < _topics.Count; i++)
        {
            if (i == 0) _positions[i] = _spelled.Own;
            else if (_topics[i] == Topic.All) _positions[i] = _spelled.All;
        }
    }

    /// <summary>Positions whose names have the same bits.</summary>
    private void Take(List<Position> positions, Func<TopicKey, bool> fits)
    {
        List<int> candidates = [];
        for (var i = 0; i < _keys.Length; i++)
        {
            if (_positions[i] is null && MayBeSpelled(i) && !IsChosenFrom(i) && fits(_keys[i])) candidates.Add(i);
        }
        if (candidates.Count < positions.Count) _hasLeft = true;
        if (candidates.Count > positions.Count)
        {
            _open.Add(new(candidates, positions.Count, positions[0]));
            return;
        }
        for (var i = 0; i < candidates.Count; i++)
        {
            _positions[candidates[i]] = positions[i];
            _shares ^= _keys[candidates[i]].Share;
        }
    }

    // The user's own topic and "all" have places of their own, except in the first format.
    private bool MayBeSpelled(int topic) => _spelled.Own is null || (topic > 0 && _topics[topic] != Topic.All);

    private bool IsChosenFrom(int topic) => _open.Exists(choice => choice.Candidates.Contains(topic));

    /// <summary>Takes the first set of candidates that matches the digest.</summary>
    private bool Decide(int choice, int from, ulong shares, int taken = 0)
    {
        if (choice == _open.Count) return CursorVersion2.DigestOf(shares) == _spelled.Digest;
        var (candidates, count, position) = _open[choice];
        if (taken == count) return Decide(choice + 1, 0, shares);
        for (var i = from; i <= candidates.Count - (count - taken) && _tries++ < MostTries; i++)
        {
            _positions[candidates[i]] = position;
            if (Decide(choice, i + 1, shares ^ _keys[candidates[i]].Share, taken + 1)) return true;
            _positions[candidates[i]] = null;
        }
        return false;
    }

    private sealed record Choice(List<int> Candidates, int Count, Position Position);
}
