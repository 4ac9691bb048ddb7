using System.Buffers.Text;
using System.Text;

namespace Realtime.Server.Notifications;

/// <summary>
/// Fills a span that is known to be long enough, from its beginning, without asking a buffer for room at every piece.
/// </summary>
internal ref struct SpanWriter(Span<byte> target)
{
    private readonly Span<byte> _target = target;
    private int _length;

    /// <summary>The bytes written so far.</summary>
    public readonly ReadOnlySpan<byte> Written => _target[.._length];

    /// <summary>The remaining room, for code that writes into it directly; <see cref="Advance"/> then says how much it took.</summary>
    public readonly Span<byte> Rest => _target[_length..];

    public void Advance(int count) => _length += count;

    public void Write(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(Rest);
        _length += utf8.Length;
    }

    public void WriteAscii(string text) => _length += Encoding.ASCII.GetBytes(text, Rest);

    public void Write(long number)
    {
        if (!Utf8Formatter.TryFormat(number, Rest, out var length)) throw new ArgumentException("No room for a number.", nameof(number));
        _length += length;
    }
}
