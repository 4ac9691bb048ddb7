using System.Buffers;

namespace Realtime.Server.Publishing.Batch;

/// <summary>A line of a batch, without its end.</summary>
/// <param name="Text">Empty if the line was too long to be kept.</param>
internal readonly record struct BatchLine(ReadOnlySequence<byte> Text, bool IsTooLong);

/// <summary>Splits a stream of bytes into lines, and never holds more of a line than its limit.</summary>
internal sealed class LineSplitter
{
    private long _searched;      // bytes of the buffer without a line end
    private bool _isDropping;    // inside a line that is too long

    /// <summary>Takes the next line that is not blank off the buffer. False if more bytes are needed, or there are no more.</summary>
    /// <param name="isLast">Nothing follows the buffer, so its rest is a line too.</param>
    public bool TryTake(ref ReadOnlySequence<byte> buffer, bool isLast, out BatchLine line)
    {
        while (TryCut(ref buffer, isLast, out line))
            if (line.IsTooLong || !IsBlank(line.Text)) return true;
        return false;
    }

    private bool TryCut(ref ReadOnlySequence<byte> buffer, bool isLast, out BatchLine line)
    {
        var end = buffer.Slice(_searched).PositionOf((byte)'\n');
        // One byte more than the limit may be the "\r" of the line end.
        _isDropping |= end is null && buffer.Length > PublishLimits.BodyBytes + 1;
        if (end is null && !(isLast && (_isDropping || !buffer.IsEmpty)))
        {
            if (_isDropping) buffer = buffer.Slice(buffer.End);
            _searched = buffer.Length;
            line = default;
            return false;
        }
        var text = WithoutCarriageReturn(end is { } at ? buffer.Slice(0, at) : buffer);
        line = _isDropping || text.Length > PublishLimits.BodyBytes ? new(default, IsTooLong: true) : new(text, IsTooLong: false);
        buffer = buffer.Slice(end is { } after ? buffer.GetPosition(1, after) : buffer.End);
        (_searched, _isDropping) = (0, false);
        return true;
    }

    private static ReadOnlySequence<byte> WithoutCarriageReturn(in ReadOnlySequence<byte> line) =>
        !line.IsEmpty && line.Slice(line.Length - 1).FirstSpan[0] == '\r' ? line.Slice(0, line.Length - 1) : line;

    private static bool IsBlank(in ReadOnlySequence<byte> line)
    {
        foreach (var part in line)
            if (part.Span.ContainsAnyExcept(" \t\r"u8)) return false;
        return true;
    }
}
