using System.Collections.Concurrent;

namespace Realtime.Client;

/// <summary>Keeps positions as long as the program runs: a feed that is opened again goes on where the last one was.</summary>
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
