using Realtime.Server.Connections;
using Realtime.Server.Node;

namespace Realtime.Server.Operations;

/// <summary>Counters of a node since its start, as sent to operators. The difference between two gives the rates.</summary>
/// <param name="Id">Identifies the node. Readers see only its end.</param>
/// <param name="At">When the counters were read, by the node's clock.</param>
internal sealed record NodeStats(
    string Id, DateTimeOffset StartedAt, DateTimeOffset At, bool IsReady, long MemoryBytes, double CpuSeconds, ConnectionCounts Connections,
    long Published, long NotStored, long Delivered, long Replayed, long Forwarded, LatencyCounts Latency, SocketCounts Sockets);

/// <summary>Readers' connections that are open now.</summary>
internal sealed record ConnectionCounts(int WebSockets, int ServerSentEvents, int LongPolling, int EventSource);

/// <summary>Accepted connections, whatever they are used for.</summary>
/// <param name="Open">Open now.</param>
/// <param name="Limit"><c>Hub:Limits:Connections</c>, or its default; null if there is no limit.</param>
/// <param name="Refused">Connections that were closed at once, since the start.</param>
internal sealed record SocketCounts(int Open, int? Limit, long Refused);

/// <inheritdoc cref="HubCounters.Latency"/>
/// <param name="UpToMs"><inheritdoc cref="HubCounters.LatencyClasses" path="/summary"/></param>
internal sealed record LatencyCounts(IReadOnlyList<int> UpToMs, long[] Counts);

/// <summary>Describes this node.</summary>
internal sealed class NodeReport(HubCounters counters, NodeState node, ThisNode self, AcceptedConnections accepted, TimeProvider time)
{
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    public NodeStats Describe() => new(
        self.Name, _startedAt, time.GetUtcNow(), node.IsReady, Environment.WorkingSet, Environment.CpuUsage.TotalTime.TotalSeconds,
        new(counters.Connections(Transport.WebSockets), counters.Connections(Transport.ServerSentEvents),
            counters.Connections(Transport.LongPolling), counters.Connections(Transport.EventSource)),
        counters.Published, counters.NotStored, counters.Delivered, counters.Replayed, counters.Forwards.Total,
        new(HubCounters.LatencyClasses, counters.Latency),
        new(counters.Sockets, accepted.Limit, counters.Refused[RefusingLimit.Connections]));
}
