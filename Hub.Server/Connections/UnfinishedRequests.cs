using Microsoft.AspNetCore.Connections;
using Realtime.Server.Http;
using Realtime.Server.Node;

namespace Realtime.Server.Connections;

/// <summary>
/// Bounds the bytes that all connections together have sent of requests whose caller is not known yet. Beyond the bound, a connection's
/// next read waits, and the connections that have taken longest for their request are closed. A legitimate request is complete within
/// moments.
/// </summary>
internal sealed partial class UnfinishedRequests(ICollector collector, TimeProvider time, ILogger<UnfinishedRequests> logger)
{
    /// <summary>
    /// Most bytes, as received from the network; in memory they take up to three times as much. The bound allows 2,000 simultaneous
    /// requests with a token of 16 KB.
    /// </summary>
    public const long MostBytes = 32 * 1024 * 1024;

    /// <summary>Bytes of one connection that are not counted: they cost no more than the connection itself.</summary>
    public const int FreeBytes = 4 * 1024;

    /// <summary>
    /// After this many released bytes, a garbage collection is requested, at most once per <see cref="SweepInterval"/>. The objects are
    /// large and old: without a request, the collector leaves hundreds of megabytes of them in memory.
    /// </summary>
    public const long SweepBytes = MostBytes / 4;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly LinkedList<UnfinishedRequest> _byAge = [];   // guarded by _gate; those with more than FreeBytes, the oldest first
    private readonly Queue<UnfinishedRequest> _waiting = [];      // guarded by _gate
    private readonly LogThrottle _throttle = new(time);
    private long _bytes;                                     // guarded by _gate; of all connections whose caller is not known
    private long _leaving;                                   // guarded by _gate; of those that were aborted and have not ended yet
    private long _closed;                                    // guarded by _gate
    private long _unswept, _sweptAt;                         // guarded by _gate; bytes released since the last sweep, and its time

    /// <summary>Reports how many bytes of an unfinished request a connection has sent so far.</summary>
    public void Report(UnfinishedRequest request, long bytes)
    {
        lock (_gate)
        {
            _bytes += bytes - request.Counted;
            if (request.IsClosed) _leaving += bytes - request.Counted;
            else request.Place ??= _byAge.AddLast(request);
            request.Counted = bytes;
        }
    }

    /// <summary>A connection's request is complete, or its caller is known, or the connection has ended.</summary>
    public void Forget(UnfinishedRequest request, bool isGone)
    {
        bool mustSweep;
        lock (_gate)
        {
            Leave(request);
            _bytes -= request.Counted;
            if (request.IsClosed) _leaving -= request.Counted;
            if (isGone) _unswept += request.Counted;
            request.Counted = 0;
            for (var room = MostBytes - _bytes; room > 0 && _waiting.TryDequeue(out var next);)
                if (next.GoOn()) room -= WebLimits.ReadBufferBytes;
            mustSweep = _unswept >= SweepBytes && time.GetElapsedTime(_sweptAt) >= SweepInterval;
            if (mustSweep) (_unswept, _sweptAt) = (0, time.GetTimestamp());
        }
        if (mustSweep) collector.Sweep();
    }

    /// <summary>
    /// Whether a connection that has sent more than <see cref="FreeBytes"/> may be read further. If false,
    /// <see cref="UnfinishedRequest.GoOn"/> is called when there is room.
    /// </summary>
    public bool MayReadOn(UnfinishedRequest request)
    {
        List<UnfinishedRequest> victims = [];
        lock (_gate)
        {
            if (request.IsClosed || _bytes < MostBytes) return true;
            _waiting.Enqueue(request);
            while (_bytes - _leaving + WebLimits.ReadBufferBytes > MostBytes && _byAge.First is { } oldest)
            {
                Leave(oldest.Value);
                oldest.Value.IsClosed = true;
                _leaving += oldest.Value.Counted;
                _closed++;
                victims.Add(oldest.Value);
            }
        }
        if (victims.Count > 0 && _throttle.MayLog("", ConnectionEventIds.UnfinishedRequestsClosed))
            Closed(MostBytes / 1024 / 1024, _closed);
        foreach (var victim in victims)
            victim.Connection.Abort(new ConnectionAbortedException("Too much waits for requests to be completed."));
        return false;
    }

    private void Leave(UnfinishedRequest request)
    {
        if (request.Place is not { } place) return;
        _byAge.Remove(place);
        request.Place = null;
    }

    [LoggerMessage(ConnectionEventIds.UnfinishedRequestsClosed, LogLevel.Warning,
        "Requests whose caller is not known yet hold {Megabytes} MiB: the connections that have taken longest are closed, {Closed} since "
        + "the start. "
        + "Logged at most once a minute.")]
    private partial void Closed(long megabytes, long closed);
}
