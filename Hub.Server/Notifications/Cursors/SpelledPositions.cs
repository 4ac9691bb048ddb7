namespace Realtime.Server.Notifications.Cursors;

/// <summary>What a cursor spells, in either format.</summary>
internal sealed class SpelledPositions
{
    /// <summary>In the caller's own topic; null if <see cref="Named"/> holds it.</summary>
    public Position? Own { get; init; }

    /// <summary>In <c>all</c>; null if <see cref="Named"/> holds it, or nothing does.</summary>
    public Position? All { get; init; }

    public IReadOnlyList<NamedPosition> Named { get; init; } = [];

    /// <summary>For each group at 0 a few bits of its key.</summary>
    public byte[] Zeroes { get; init; } = [];

    /// <summary>Over all groups; null in cursors that have none.</summary>
    public ulong? Digest { get; init; }
}
