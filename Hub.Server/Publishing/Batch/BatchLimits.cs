namespace Realtime.Server.Publishing.Batch;

/// <summary>The resources that one batch may use at a time. A batch of any size needs no more.</summary>
internal sealed record BatchLimits
{
    /// <summary>Lines that may be on their way into the log. A long line takes one slot for every <see cref="SlotBytes"/> begun.</summary>
    public int Slots { get; init; } = 512;

    public int SlotBytes { get; init; } = 4 * 1024;

    /// <summary>Bytes of a chunk of answers that wait for the client.</summary>
    public int ChunkBytes { get; init; } = 32 * 1024;

    /// <summary>Full chunks kept in memory; beyond that they go to a temporary file.</summary>
    public int ChunksInMemory { get; init; } = 4;

    /// <summary>
    /// The most bytes of the temporary file. Beyond that, the batch is not read further until the client reads its answers. The limit is
    /// more than the answers of 10,000 lines can take (each names 1,000 users, all of them escaped). So a client may start to read only
    /// after it has written everything.
    /// </summary>
    public long FileBytes { get; init; } = 2_560L * 1024 * 1024;

    /// <summary>How long a line waits for room before it is refused, see <see cref="PublishRoom"/>. The next line waits too.</summary>
    public TimeSpan RoomWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A batch is ended if for this long the client neither sent a byte of it nor accepted one of its answers.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(30);
}
