using System.Diagnostics;

namespace Realtime.Server.Notifications;

/// <summary>A cursor in the making: kept spelled out, so that a delivery only copies it. Not thread-safe.</summary>
internal sealed class CursorBuffer
{
    private readonly byte[] _text;
    private readonly TopicKey[] _keys;
    private readonly ulong[] _shares;
    private ulong _combined;

    /// <summary>All topics stand at <see cref="Position.Start"/>.</summary>
    public CursorBuffer(IReadOnlyList<Topic> topics)
    {
        _text = new byte[CursorFormat.HeaderLength + (topics.Count * CursorFormat.SegmentLength)];
        _text[0] = CursorFormat.Version;
        _shares = new ulong[topics.Count];
        _keys = new TopicKey[topics.Count];
        for (var i = 0; i < topics.Count; i++)
        {
            _keys[i] = TopicKey.Of(topics[i]);
            CursorFormat.Write(Segment(i)[..CursorFormat.KeyDigits], _keys[i].Bits);
            Move(i, Position.Start);
        }
    }

    /// <summary>The cursor as it goes over the wire. Valid until the next move.</summary>
    public ReadOnlySpan<byte> Utf8 => _text;

    public void Move(int topic, Position position)
    {
        Debug.Assert(position is { Sequence: >= 0 and <= CursorFormat.MaxNumber, Stamp: >= 0 and <= CursorFormat.MaxNumber });
        var numbers = Segment(topic)[CursorFormat.KeyDigits..];
        CursorFormat.Write(numbers[..CursorFormat.NumberDigits], (ulong)position.Stamp);
        CursorFormat.Write(numbers[CursorFormat.NumberDigits..], (ulong)position.Sequence);

        var share = CursorFormat.CheckShare(_keys[topic], position);
        _combined ^= _shares[topic] ^ share;
        _shares[topic] = share;
        CursorFormat.Write(
            _text.AsSpan(CursorFormat.CheckOffset, CursorFormat.CheckDigits), CursorFormat.CheckDigest(_combined, _shares.Length));
    }

    private Span<byte> Segment(int topic) =>
        _text.AsSpan(CursorFormat.HeaderLength + (topic * CursorFormat.SegmentLength), CursorFormat.SegmentLength);
}
