using System.Buffers.Text;

namespace Realtime.Server.Redis.Wire;

/// <summary>Reads Redis's protocol (RESP2) in place, value by value. An array is read as its length, then its members.</summary>
internal ref struct RespReader(ReadOnlySpan<byte> bytes)
{
    // Longer than any line, and more members than any array, that Redis sends to this server.
    private const int MaxLine = 64 * 1024;
    private const int MaxMembers = 64 * 1024;

    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>The kind of the value just read: <c>+ - : $ *</c>.</summary>
    public byte Kind { get; private set; }

    /// <summary>For <c>:</c> the number, for <c>*</c> how many members follow, for <c>$</c> the length; −1 for a null value.</summary>
    public long Number { get; private set; }

    /// <summary>For <c>+ - $</c>: the text.</summary>
    public ReadOnlySpan<byte> Text { get; private set; }

    /// <summary>The length of the first value in bytes, with its members; 0 if it has not arrived in full.</summary>
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

    /// <returns>False if the value has not arrived in full.</returns>
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
