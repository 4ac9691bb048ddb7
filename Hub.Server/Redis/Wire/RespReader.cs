using System.Buffers.Text;

namespace Realtime.Server.Redis.Wire;

/// <summary>Reads Redis's protocol (RESP2) where it lies, value by value: of an array first its length, then its members.</summary>
internal ref struct RespReader(ReadOnlySpan<byte> bytes)
{
    // More than Redis has to say in a line, and than it sends us members.
    private const int MaxLine = 64 * 1024;
    private const int MaxMembers = 64 * 1024;

    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>The kind of the value just read: <c>+ - : $ *</c>.</summary>
    public byte Kind { get; private set; }

    /// <summary>Of <c>:</c> the number, of <c>*</c> how many members follow, of <c>$</c> the length; −1: nothing.</summary>
    public long Number { get; private set; }

    /// <summary>Of <c>+ - $</c>: the text.</summary>
    public ReadOnlySpan<byte> Text { get; private set; }

    /// <summary>The bytes of the first value, with its members; 0 if it has not arrived in full.</summary>
    /// <exception cref="InvalidDataException">It is not Redis's protocol.</exception>
    public static int Measure(ReadOnlySpan<byte> bytes)
    {
        var reader = new RespReader(bytes);
        for (long missing = 1; missing > 0; missing--)
        {
            if (!reader.TryRead()) return 0;
            if (reader.Kind != '*') continue;
            if (reader.Number > MaxMembers) throw new InvalidDataException("An array without an end.");
            missing += Math.Max(0, reader.Number);
        }
        return bytes.Length - reader._rest.Length;
    }

    /// <returns>False if it has not arrived in full.</returns>
    /// <inheritdoc cref="Measure" path="/exception"/>
    public bool TryRead()
    {
        var end = _rest.IndexOf("\r\n"u8);
        if (end < 0) return _rest.Length <= MaxLine ? false : throw new InvalidDataException("A line without an end.");
        if (end == 0) throw new InvalidDataException("An empty line.");
        Kind = _rest[0];
        Text = _rest[1..end];
        var rest = _rest[(end + 2)..];
        switch ((char)Kind)
        {
            case '+' or '-':
                break;
            case ':' or '*':
                Number = ToNumber(Text);
                break;
            case '$':
                Number = ToNumber(Text);
                Text = default;
                if (Number < 0) break;
                if (Number > rest.Length - 2) return false;
                Text = rest[..(int)Number];
                rest = rest[((int)Number + 2)..];
                break;
            default:
                throw new InvalidDataException("A value of an unknown kind.");
        }
        _rest = rest;
        return true;
    }

    private static long ToNumber(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out long number, out var length) && length == text.Length
        ? number
        : throw new InvalidDataException("A number that is none.");
}
