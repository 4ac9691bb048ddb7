using System.Diagnostics;

namespace Realtime.Server.Notifications.Cursors;

/// <summary>A reader's positions, written as a cursor on request. Not thread-safe.</summary>
internal sealed class CursorBuffer
{
    [ThreadStatic]
    private static byte[]? _scratch;

    private readonly IReadOnlyList<Topic> _topics;
    private readonly CursorChoice _choice;
    private readonly TopicKey[] _keys;
    private readonly Position[] _positions;
    private byte[] _text = [];
    private int _length;
    private bool _stale = true;

    /// <summary>All topics stand at <see cref="Position.Start"/>.</summary>
    /// <param name="topics">The user's own first.</param>
    /// <param name="choice">The format, read each time the cursor is written.</param>
    public CursorBuffer(IReadOnlyList<Topic> topics, CursorChoice choice)
    {
        (_topics, _choice) = (topics, choice);
        _keys = new TopicKey[topics.Count];
        for (var i = 0; i < _keys.Length; i++) _keys[i] = TopicKey.Of(topics[i]);
        _positions = new Position[topics.Count];
    }

    /// <summary>Groups to be named in the cursor besides the topics, none of which is a group then.</summary>
    public KeptGroups? Kept { get; init; }

    /// <summary>The cursor as it goes over the wire. Valid until the next move.</summary>
    public ReadOnlySpan<byte> Utf8
    {
        get
        {
            if (_stale) Spell();
            return _text.AsSpan(0, _length);
        }
    }

    /// <summary>The position in a topic.</summary>
    public Position this[int topic] => _positions[topic];

    public void Move(int topic, Position position)
    {
        Debug.Assert(position is { Sequence: >= 0 and <= CursorFormat.MaxNumber, Stamp: >= 0 and <= CursorFormat.MaxNumber });
        _positions[topic] = position;
        _stale = true;
    }

    private void Spell()
    {
        var most = CursorVersion2.MostLength(_keys.Length + (Kept?.Count ?? 0));
        if (_scratch is null || _scratch.Length < most) _scratch = new byte[most];
        // The first version cannot tell topics with colliding keys apart. Their reader gets the second version, because nodes of the first
        // version would refuse either.
        var isVersion1 = Kept is null
            ? _choice.Version == CursorVersion1.Version && !CursorVersion1.HasMeeting(_keys)
            : Kept.Digest is null;
        _length = isVersion1
            ? CursorVersion1.Write(_scratch, _keys, _positions, Kept)
            : CursorVersion2.Write(_scratch, _topics, _keys, _positions, Kept);
        if (_text.Length < _length) _text = new byte[_length];
        _scratch.AsSpan(0, _length).CopyTo(_text);
        _stale = false;
    }
}
