namespace Realtime.Server.Node;

/// <summary>Gives memory back once a wave of connections or of large requests is over and the node is quiet.</summary>
/// <remarks>
/// By default, the collector keeps what the wave made it allocate, about 3 KB per idle connection, and compacts nothing as long as the
/// machine has memory. A collection that does both blocks the process for about 1.3 ms per megabyte in use. So it waits for a quiet moment
/// and happens once a wave. How much of the heap is in use is known only after a collection, because large requests leave garbage. So a
/// heap that has grown is first collected in the background, which blocks nothing.
/// </remarks>
internal sealed partial class HeapTrim(HubCounters counters, ICollector collector, TimeProvider time, ILogger<HeapTrim> logger)
    : IHostedService, IDisposable
{
    /// <summary>How often the timer checks; a node without a collection in between is quiet.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>A change in the number of connections since the last collection that counts as a wave.</summary>
    public const int Wave = 200;

    /// <summary>Bytes on the heap beyond which a collection would block for too long; the gain would be small beside them.</summary>
    public const long LargestHeap = 256 * 1024 * 1024;

    /// <summary>Bytes that the collector has taken from the system since the last time and that are worth giving back.</summary>
    public const long Growth = 64 * 1024 * 1024;

    private ITimer? _timer;
    private int _connections;    // at the last collection
    private int _collections;    // at the last check
    private long _committed;     // at the last collection
    private bool _isSwept;       // a background collection has separated garbage from what is in use

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = time.CreateTimer(_ => Look(), null, Interval, Interval);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        var isQuiet = collector.Collections == _collections;
        _collections = collector.Collections;
        if (!isQuiet) return;
        var connections = counters.Connections();
        var hasGrown = collector.CommittedBytes - _committed >= Growth;
        if (!hasGrown) _isSwept = false;
        var isWave = Math.Abs(connections - _connections) >= Wave && collector.HeapBytes <= LargestHeap;
        if (hasGrown && !isWave && !_isSwept)
        {
            collector.Sweep();
            (_isSwept, _collections) = (true, collector.Collections);
        }
        else if (isWave || hasGrown)
        {
            if (collector.HeapBytes <= LargestHeap) Compact(connections);
            (_isSwept, _committed) = (false, collector.CommittedBytes);
        }
    }

    private void Compact(int connections)
    {
        var (began, held) = (time.GetTimestamp(), Environment.WorkingSet);
        collector.Compact();
        var (milliseconds, megabytes) = (time.GetElapsedTime(began).TotalMilliseconds, (held - Environment.WorkingSet) / 1024 / 1024);
        if (Math.Abs(connections - _connections) >= Wave) Trimmed(connections, milliseconds, megabytes);
        else Shrunk(milliseconds, megabytes);
        (_connections, _collections) = (connections, collector.Collections);
    }

    [LoggerMessage(EventIds.HeapTrimmed, LogLevel.Information,
        "A wave of connections is over ({Connections} are open): everything was held up for {Milliseconds:F0} ms to give back {Megabytes} "
        + "MiB.")]
    private partial void Trimmed(int connections, double milliseconds, long megabytes);

    [LoggerMessage(EventIds.HeapShrunk, LogLevel.Information,
        "A wave of large requests is over: everything was held up for {Milliseconds:F0} ms to give back {Megabytes} MiB.")]
    private partial void Shrunk(double milliseconds, long megabytes);
}

/// <summary>The runtime's garbage collector.</summary>
internal interface ICollector
{
    /// <summary>Collections since the start of the process.</summary>
    int Collections { get; }

    /// <summary>Bytes on the heap, garbage included.</summary>
    long HeapBytes { get; }

    /// <summary>Bytes that the heap had taken from the system at its last collection.</summary>
    long CommittedBytes { get; }

    /// <summary>Collects everything in the background, and blocks for a few milliseconds at most.</summary>
    void Sweep();

    /// <summary>Collects and compacts everything now, and gives the freed memory back to the system.</summary>
    void Compact();
}

internal sealed class RuntimeCollector : ICollector
{
    public int Collections => GC.CollectionCount(0);

    public long HeapBytes => GC.GetTotalMemory(forceFullCollection: false);

    public long CommittedBytes => GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes;

    public void Sweep() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);

    public void Compact() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
}
