namespace Realtime.Compare.Wire;

/// <summary>Detects the start of an event stream in the bytes from a server, however they are split.</summary>
internal sealed class StreamWatch
{
    private byte[] _tail = [];

    private static ReadOnlySpan<byte> Mark => "Content-Type: text/event-stream"u8;

    public bool HasBegun { get; private set; }

    public void Read(ReadOnlySpan<byte> bytes)
    {
        if (HasBegun) return;
        byte[] seen = [.. _tail, .. bytes];
        HasBegun = seen.AsSpan().IndexOf(Mark) >= 0;
        _tail = seen[^Math.Min(Mark.Length - 1, seen.Length)..];
    }
}
