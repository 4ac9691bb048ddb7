namespace Realtime.Server.Notifications.Cursors;

/// <summary>The content of a cursor, in either format.</summary>
internal sealed class SpelledPositions
{
    /// <summary>The position in the caller's own topic; null if <see cref="Named"/> holds it.</summary>
    public Position? Own { get; init; }

    /// <summary>The position in <c>all</c>; null if <see cref="Named"/> holds it, or nothing does.</summary>
    public Position? All { get; init; }

    public IReadOnlyList<NamedPosition> Named { get; init; } = [];

    /// <summary>A few bits of the key of each group at position 0.</summary>
    public byte[] Zeroes { get; init; } = [];

    /// <summary>Over all groups; null in cursors that have none.</summary>
    public ulong? Digest { get; init; }
}
