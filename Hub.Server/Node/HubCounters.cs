namespace Realtime.Server.Node;

/// <summary>How a reader is connected.</summary>
internal enum Transport
{
    WebSockets,
    ServerSentEvents,
    LongPolling,
    EventSource,
}

/// <summary>
/// Counters of this node since its start. Counting takes a few nanoseconds, because it is on the hot path; any thread may read.
/// </summary>
internal sealed class HubCounters
{
    private static readonly int[] UpToMs = [1, 2, 3, 5, 8, 13, 20, 30, 50, 80, 130, 200, 300, 500, 1_000, 2_000, 5_000];

    private readonly long[] _latency = new long[UpToMs.Length + 1];
    private readonly int[] _connections = new int[Enum.GetValues<Transport>().Length];
    private long _published, _notStored, _delivered, _replayed, _forwarded, _refusedSockets;
    private int _sockets;

    /// <summary>
    /// Upper bounds of the classes of <see cref="Latency"/>, in milliseconds; values beyond the last bound have a class of their own.
    /// </summary>
    public static IReadOnlyList<int> LatencyClasses => UpToMs;

    /// <summary>Notifications that the store has confirmed, each counted once however many topics it went to.</summary>
    public long Published => Interlocked.Read(ref _published);

    /// <summary>Publishes that were answered 503.</summary>
    public long NotStored => Interlocked.Read(ref _notStored);

    /// <summary>
    /// Notifications handed to connections, of which <see cref="Replayed"/> were older than the connection's subscription.
    /// </summary>
    public long Delivered => Interlocked.Read(ref _delivered);

    /// <inheritdoc cref="Delivered"/>
    public long Replayed => Interlocked.Read(ref _replayed);

    /// <summary>Requests forwarded to the node that owns their connection. An event stream or a poll counts as one.</summary>
    public long Forwarded => Interlocked.Read(ref _forwarded);

    /// <summary>TCP and Unix-socket connections that are open now, whatever their use.</summary>
    public int Sockets => Volatile.Read(ref _sockets);

    /// <summary>Connections that were closed at once because of <c>Hub:Limits:Connections</c>.</summary>
    public long RefusedSockets => Interlocked.Read(ref _refusedSockets);

    /// <summary>Live deliveries by the time they took from the store's clock to the connection.</summary>
    public long[] Latency => [.. _latency];

    /// <summary>Connections that are open now, over all transports.</summary>
    public int Connections() => Enum.GetValues<Transport>().Sum(Connections);

    public int Connections(Transport carrier) => Volatile.Read(ref _connections[(int)carrier]);

    public void CountPublished() => Interlocked.Increment(ref _published);

    public void CountNotStored() => Interlocked.Increment(ref _notStored);

    public void CountForwarded() => Interlocked.Increment(ref _forwarded);

    /// <returns>How many are open now, this one included.</returns>
    public int OpenSocket() => Interlocked.Increment(ref _sockets);

    public void CloseSocket() => Interlocked.Decrement(ref _sockets);

    public void CountRefusedSocket() => Interlocked.Increment(ref _refusedSockets);

    public void CountReplayed()
    {
        Interlocked.Increment(ref _delivered);
        Interlocked.Increment(ref _replayed);
    }

    public void CountDelivered(long milliseconds)
    {
        Interlocked.Increment(ref _delivered);
        var index = 0;
        while (index < UpToMs.Length && milliseconds > UpToMs[index]) index++;
        Interlocked.Increment(ref _latency[index]);
    }

    /// <summary>Counts a connection until it is disposed.</summary>
    public Connected Connect(Transport carrier) => new(this, carrier);

    internal readonly struct Connected : IDisposable
    {
        private readonly HubCounters _counters;
        private readonly Transport _carrier;

        public Connected(HubCounters counters, Transport carrier)
        {
            (_counters, _carrier) = (counters, carrier);
            Interlocked.Increment(ref counters._connections[(int)carrier]);
        }

        public void Dispose() => Interlocked.Decrement(ref _counters._connections[(int)_carrier]);
    }
}
