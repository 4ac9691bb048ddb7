using System.Buffers;

namespace Realtime.Server.Publishing.Body;

/// <summary>
/// The bytes of a sequence in one piece: in place if they are contiguous, as short bodies nearly always are, else in a rented copy.
/// </summary>
internal readonly ref struct Contiguous
{
    private readonly byte[]? _rented;

    public Contiguous(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsSingleSegment)
        {
            Span = bytes.FirstSpan;
            return;
        }
        var length = (int)bytes.Length;
        _rented = ArrayPool<byte>.Shared.Rent(length);
        bytes.CopyTo(_rented);
        Span = _rented.AsSpan(0, length);
    }

    public ReadOnlySpan<byte> Span { get; }

    public void Dispose()
    {
        if (_rented is not null) ArrayPool<byte>.Shared.Return(_rented);
    }
}
