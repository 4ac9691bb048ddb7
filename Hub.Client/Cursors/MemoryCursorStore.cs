using System.Collections.Concurrent;

namespace Realtime.Client;

/// <summary>Keeps positions in memory: a feed that the same program opens later continues where the last one stopped.</summary>
public sealed class MemoryCursorStore : ICursorStore
{
    private readonly ConcurrentDictionary<CursorKey, string> _cursors = new();

    /// <inheritdoc/>
    public ValueTask<string?> LoadAsync(CursorKey key, CancellationToken cancel) => new(_cursors.GetValueOrDefault(key));

    /// <inheritdoc/>
    public ValueTask SaveAsync(CursorKey key, string cursor, CancellationToken cancel)
    {
        _cursors[key] = cursor;
        return ValueTask.CompletedTask;
    }
}
