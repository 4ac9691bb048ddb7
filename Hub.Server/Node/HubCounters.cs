using System.Diagnostics.Metrics;
using Realtime.Server.Notifications;

namespace Realtime.Server.Node;

/// <summary>
/// Counters of this node since its start. Counting takes a few nanoseconds, because it is on the hot path; any thread may read.
/// </summary>
/// <remarks>Everything that leaves the process as a number comes from here: <c>/api/admin/stats</c> and the metrics.</remarks>
internal sealed class HubCounters
{
    public const string MeterName = "Realtime.Hub";

    private readonly long[] _latency = new long[LatencyBounds.Milliseconds.Count + 1];
    private readonly int[] _connections = new int[Label<Transport>.Keys.Count];
    private long _appended, _catchUps;
    private int _sockets;

    /// <summary>
    /// Upper bounds of the classes of <see cref="Latency"/>, in milliseconds; values beyond the last bound have a class of their own.
    /// </summary>
    public static IReadOnlyList<int> LatencyClasses => LatencyBounds.Milliseconds;

    public Meter Meter { get; }

    public HubHistograms Histograms { get; }

    /// <summary>Publishes that were answered, requests and lines of batches.</summary>
    public Counts<PublishOutcome> Publishes { get; } = new();

    /// <summary>Live deliveries: notifications stored after the connection's subscription began, handed to the connection.</summary>
    public Counts<Transport> Live { get; } = new();

    /// <summary>Deliveries of notifications that were older than the connection's subscription.</summary>
    public Counts<Transport> Replays { get; } = new();

    /// <summary>Streams that this node ended with <c>closing</c>.</summary>
    public Counts<CloseReason> Closings { get; } = new();

    /// <summary>Gaps that readers were told of.</summary>
    public Counts<GapReason> Gaps { get; } = new();

    /// <summary>Requests forwarded to the node that owns their connection. An event stream or a poll counts as one.</summary>
    public Counts<ForwardKind> Forwards { get; } = new();

    public Counts<HoleEvidence> Holes { get; } = new();

    /// <summary>Notifications that retention removed, each in each of its topics. Only an embedded store counts them.</summary>
    public Counts<RetentionReason> Removed { get; } = new();

    public Counts<RefusingLimit> Refused { get; } = new();

    /// <summary>Notifications that the store has confirmed, each counted once however many topics it went to.</summary>
    public long Published => Publishes[PublishOutcome.Stored];

    /// <summary>Publishes that were answered 503.</summary>
    public long NotStored => Publishes[PublishOutcome.NotConfirmed] + Publishes[PublishOutcome.NoRoom];

    /// <summary>
    /// Notifications handed to connections, of which <see cref="Replayed"/> were older than the connection's subscription.
    /// </summary>
    public long Delivered => Live.Total + Replayed;

    /// <inheritdoc cref="Delivered"/>
    public long Replayed => Replays.Total;

    /// <summary>
    /// Appends that the store has confirmed: a notification for three topics counts three times. With Redis, repeats of a key count too.
    /// </summary>
    public long Appended => Interlocked.Read(ref _appended);

    /// <summary>Subscriptions that began with notifications that were stored already.</summary>
    public long CatchUps => Interlocked.Read(ref _catchUps);

    /// <summary>TCP and Unix-socket connections that are open now, whatever their use.</summary>
    public int Sockets => Volatile.Read(ref _sockets);

    /// <summary>Live deliveries by the time from the store's stamp until they were written to the connection.</summary>
    public long[] Latency => [.. _latency];

    public HubCounters()
    {
        // Not from the container's factory: the feed and the stores are also used without a container.
        Meter = new Meter(MeterName);
        Histograms = new HubHistograms(Meter);
    }

    /// <summary>Connections that are open now, over all transports.</summary>
    public int Connections() => Label<Transport>.Keys.Sum(Connections);

    public int Connections(Transport transport) => Volatile.Read(ref _connections[(int)transport]);

    /// <param name="start">From <see cref="HubHistograms.StartPublish"/>.</param>
    public void CountPublish(PublishOutcome outcome, long start)
    {
        Publishes.Add(outcome);
        if (outcome is PublishOutcome.OverQuota) Refused.Add(RefusingLimit.PublishesPerSecond);
        else if (outcome is PublishOutcome.NoRoom) Refused.Add(RefusingLimit.PublishBytes);
        Histograms.Published(outcome, start);
    }

    public void CountAppended(int entries) => Interlocked.Add(ref _appended, entries);

    public void CountCatchUp() => Interlocked.Increment(ref _catchUps);

    /// <returns>How many are open now, this one included.</returns>
    public int OpenSocket() => Interlocked.Increment(ref _sockets);

    public void CloseSocket() => Interlocked.Decrement(ref _sockets);

    /// <summary>A live delivery was written.</summary>
    /// <param name="milliseconds">Since the store's stamp.</param>
    public void CountWritten(Transport transport, long milliseconds)
    {
        Interlocked.Increment(ref _latency[LatencyBounds.ClassOf(milliseconds)]);
        Histograms.Lag(transport, milliseconds);
    }

    /// <summary>Counts a connection until it is disposed.</summary>
    public Connected Connect(Transport transport) => new(this, transport);

    internal readonly struct Connected : IDisposable
    {
        private readonly HubCounters _counters;
        private readonly Transport _transport;

        public Connected(HubCounters counters, Transport transport)
        {
            (_counters, _transport) = (counters, transport);
            Interlocked.Increment(ref counters._connections[(int)transport]);
        }

        public void Dispose() => Interlocked.Decrement(ref _counters._connections[(int)_transport]);
    }
}
