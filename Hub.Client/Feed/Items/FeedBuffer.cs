using System.Threading.Channels;

namespace Realtime.Client.Feed.Items;

/// <summary>An entry that waits for the reader's loop. It stays in the buffer until the loop body has finished with it.</summary>
/// <param name="Item">Null if only the position has moved, by a copy that was dropped or a heartbeat.</param>
internal sealed record Buffered(OrderFeedItem? Item, string Cursor, int Bytes);

/// <summary>The items between the connection and the reader's loop; one writes, one reads.</summary>
/// <remarks>
/// The writer keeps the bound: a full buffer takes one more item, and then the writer must wait for <see cref="RoomAsync"/>. Nothing is
/// dropped.
/// </remarks>
internal sealed class FeedBuffer(int maxCount, long maxBytes)
{
    private readonly Channel<Buffered> _entries = Channel.CreateUnbounded<Buffered>();
    private int _count;     // entries
    private int _items;     // entries that hold an item
    private long _bytes;
    private TaskCompletionSource? _room;

    /// <summary>Whether the loop has finished with everything that has arrived.</summary>
    public bool IsEmpty => Volatile.Read(ref _items) == 0;

    public bool IsFull => Volatile.Read(ref _count) >= maxCount || Interlocked.Read(ref _bytes) >= maxBytes;

    private bool HasRoom => Volatile.Read(ref _count) <= maxCount / 2 && Interlocked.Read(ref _bytes) <= maxBytes / 2;

    public void Add(Buffered entry)
    {
        Interlocked.Add(ref _bytes, entry.Bytes);
        Interlocked.Increment(ref _count);
        if (entry.Item is not null) Interlocked.Increment(ref _items);
        // False when the feed is closed: then there is no reader.
        _entries.Writer.TryWrite(entry);
    }

    /// <summary>Completes when half of the buffer is free.</summary>
    public async Task RoomAsync(CancellationToken cancel)
    {
        var room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _room, room);
        Interlocked.MemoryBarrier();
        if (!HasRoom) await room.Task.WaitAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Nothing more will come.</summary>
    /// <param name="error">Thrown to the reader after the remaining items; null: the reader's loop ends.</param>
    public void Complete(Exception? error) => _entries.Writer.TryComplete(error);

    public ValueTask<bool> WaitAsync(CancellationToken cancel) => _entries.Reader.WaitToReadAsync(cancel);

    public bool TryPeek(out Buffered? entry) => _entries.Reader.TryPeek(out entry);

    /// <summary>Removes what <see cref="TryPeek"/> showed.</summary>
    public void Remove()
    {
        if (!_entries.Reader.TryRead(out var entry)) return;
        Interlocked.Add(ref _bytes, -entry.Bytes);
        if (entry.Item is not null) Interlocked.Decrement(ref _items);
        Interlocked.Decrement(ref _count);
        if (HasRoom) Volatile.Read(ref _room)?.TrySetResult();
    }
}
