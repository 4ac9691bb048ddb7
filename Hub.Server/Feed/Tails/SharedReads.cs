using Realtime.Server.Log;
using Realtime.Server.Notifications;

namespace Realtime.Server.Feed.Tails;

/// <summary>Reads of one topic's log: readers that miss the same range at the same time share one read.</summary>
internal sealed class SharedReads(Topic topic, INotificationLog log)
{
    private readonly Lock _gate = new();
    private Dictionary<Range, Task<LogPage>>? _running; // guarded by _gate

    /// <summary>
    /// A range and the version that the reader had seen. A read that began at an earlier version may lack it and is not shared.
    /// </summary>
    public readonly record struct Range(Position? After, PageLimit Limit, long Version)
    {
        // Positions are equal whatever their tag is, but the log's result is not.
        private int Tag { get; } = After?.Tag ?? 0;
    }

    /// <param name="inTurn">Calls the read when it is the turn of the reader that begins it.</param>
    public ValueTask<LogPage> ReadAsync(Range range, Func<Func<ValueTask<LogPage>>, ValueTask<LogPage>> inTurn, CancellationToken cancel)
    {
        lock (_gate)
        {
            if (_running is not null && _running.TryGetValue(range, out var running)) return new(running.WaitAsync(cancel));
        }

        // Not under the reader's own token: other readers may wait for the same page. The log bounds every call itself.
        var answer = inTurn(() => log.ReadAsync(topic, range.After, range.Limit, CancellationToken.None));
        return answer.IsCompleted ? answer : new(Share(range, answer.AsTask()).WaitAsync(cancel));
    }

    private Task<LogPage> Share(Range range, Task<LogPage> read)
    {
        lock (_gate) (_running ??= []).TryAdd(range, read);
        _ = read.ContinueWith(
            _ => Forget(range), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return read;
    }

    private void Forget(Range range)
    {
        lock (_gate) _running!.Remove(range);
    }
}
