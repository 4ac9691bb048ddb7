namespace Realtime.Compare.Measuring;

/// <summary>How figures of two contenders can be compared.</summary>
internal enum Compared
{
    /// <summary>The figure varies from round to round: compared as a ratio, as far as the intervals allow.</summary>
    AsRatio,

    /// <summary>The figure varies too, but is already a difference, which may be zero or less: compared with zero.</summary>
    AsDifference,

    /// <summary>The figure is a count, and the same every time: one round is enough.</summary>
    AsCount,
}

/// <summary>A figure that is measured: its name in the results, its unit, and its meaning.</summary>
/// <param name="Compared">How it is compared with the same figure of another contender.</param>
internal sealed record Figure(string Key, string Title, string Unit, string Meaning, Compared Compared = Compared.AsRatio)
{
    public static readonly Figure P50 = new(
        "p50Ms", "p50", "ms", "half of all deliveries took at most this long, from when the notification was due");
    public static readonly Figure P90 = new("p90Ms", "p90", "ms", "nine of ten took at most this long");
    public static readonly Figure P99 = new("p99Ms", "p99", "ms", "99 of 100 took at most this long");
    public static readonly Figure P999 = new(
        "p999Ms", "p99.9", "ms", "999 of 1,000 took at most this long; with fewer than 1,000 a round it is the longest");
    public static readonly Figure Longest = new("maxMs", "max", "ms", "the longest");
    public static readonly Figure DeliveredPerSecond = new(
        "deliveredPerSecond", "delivered/s", "1/s", "deliveries per second until the last one");
    public static readonly Figure BytesDown = new("bytesDownPerNotification", "bytes down", "B",
        "bytes from the server to the readers per delivery, counted on the wire: TCP payload with all HTTP headers and framing");
    public static readonly Figure BytesUp = new(
        "bytesUpPerNotification", "bytes up", "B", "bytes from the readers to the server per delivery");
    public static readonly Figure Requests = new(
        "requestsPerNotification", "requests", "1", "HTTP requests of the readers per delivery, counted on the wire");
    public static readonly Figure ServerCpu = new("serverCpuSecondsPer100k", "server CPU", "s/100k",
        "CPU seconds of the server per 100,000 deliveries, with publishing and the store (with --nodes: all nodes and Redis, without the "
        + "proxy)");
    public static readonly Figure LoadCpu = new(
        "loadCpuSecondsPer100k", "load CPU", "s/100k", "CPU seconds of this program per 100,000 deliveries: readers, publisher and wire");
    public static readonly Figure LoadBusy = new("loadBusyPercent", "load busy", "%",
        "this program's share of all CPUs; above 80 % it was the bottleneck, and also where all CPUs were busy and it took more of them "
        + "than the server");
    public static readonly Figure LoadLate = new(
        "loadLateP99Ms", "load late", "ms", "how late the publisher itself was, p99; above 50 ms it was the bottleneck");
    public static readonly Figure OthersBusy = new("othersBusyPercent", "others busy", "%",
        "share of all CPUs that neither this program nor the server used: what else ran on the machine (with --nodes, the proxy too)");
    public static readonly Figure ConnectsPerSecond = new(
        "connectsPerSecond", "connects/s", "1/s", "readers per second that got subscribed when all came at once");
    public static readonly Figure ConnectionsPerReader = new(
        "connectionsPerReader", "connections", "1", "TCP connections a reader opened to get subscribed");
    public static readonly Figure RequestsPerConnect = new(
        "requestsPerConnect", "requests/connect", "1", "HTTP requests a reader needed to get subscribed");
    public static readonly Figure IdleCpu = new("idleCpuMsPerConnectionSecond", "idle CPU", "ms/s",
        "CPU milliseconds of the server per second and idle connection, what it uses by itself included");
    public static readonly Figure IdleBytesPerSecond = new(
        "idleBytesPerConnectionSecond", "idle bytes", "B/s", "bytes per second and idle connection, both directions", Compared.AsCount);
    public static readonly Figure MemoryPerConnection = new("memoryPerConnectionKiB", "memory", "KiB",
        "growth of the memory of a server just started, per connection of several hundred; some of it (a few MB in all) is garbage of "
        + "connecting");
    public static readonly Figure CatchUp = new("catchUpMs", "catch-up", "ms",
        "from the return of the network until every reader had everything, or was given up; readers try again every 100 ms");

    public static readonly Figure Sustained = new("sustainedPerSecond", "sustained", "1/s",
        "the highest rate, in steps of 1.4, whose p99 stayed under 100 ms; 0: not even the first. Where the load side was the limit, which "
        + "is said, the server can take more");
    public static readonly Figure HeldConnections = new("heldConnectionsPerReader", "held", "1",
        "TCP connections a reader holds open while it waits; over HTTP/1.1 a browser has six for all its tabs", Compared.AsCount);

    public static readonly Figure ThroughBuffering = new("throughBufferingProxyPercent", "came through", "%",
        "deliveries that came through a proxy which holds event streams back; the others wait in the hub's log and are not lost",
        Compared.AsCount);

    public static readonly Figure ServedOverSix = new("servedOverSixConnectionsPercent", "served", "%",
        "readers that got subscribed although all of them share six HTTP/1.1 connections, as the tabs of one browser do; WebSockets do not "
        + "count among them there", Compared.AsCount);

    public static readonly Figure LostWhileIdle = new("connectionsLostWhileIdle", "lost while idle", "1",
        "connections a reader lost in 75 s of silence behind a proxy that cuts what is silent for 60 s", Compared.AsCount);

    public static readonly Figure FailedConnects = new("failedConnectsPercent", "failed connects", "%",
        "attempts to get subscribed that failed, of all, where each request may reach any node; readers try again every 100 ms");
    public static readonly Figure SubscribedWithoutAffinity = new("subscribedWithoutAffinityPercent", "subscribed without affinity", "%",
        "readers that got subscribed where each request may reach any node, on a server that needs affinity within 5 s; with fewer than "
        + "all, nothing else is measured there");
    public static readonly Figure LostAtCut = new("lostAtCutPercent", "lost at a cut", "%",
        "deliveries that never came, of those published before and during the cut");

    public static readonly Figure Forwarded = new("forwardedPercent", "forwarded", "%",
        "HTTP requests of the readers that reached another node than the one that owns the connection, and were sent on to it, as the "
        + "nodes count them");
    public static readonly Figure ExtraLatency = new("extraP50Ms", "extra p50", "ms",
        "p50 without affinity less p50 with it, in the same round: what going to any node costs", Compared.AsDifference);
    public static readonly Figure ExtraP90 = new("extraP90Ms", "extra p90", "ms", "the same of p90", Compared.AsDifference);
    public static readonly Figure ExtraCpu = new("extraServerCpuSecondsPer100k", "extra CPU", "s/100k",
        "CPU seconds of all nodes and Redis per 100,000 deliveries without affinity, less those with it", Compared.AsDifference);

    public static IReadOnlyList<Figure> All { get; } =
    [
        P50, P90, P99, P999, Longest, DeliveredPerSecond, BytesDown, BytesUp, Requests, ServerCpu, LoadCpu, LoadBusy, LoadLate, OthersBusy,
        Sustained, ConnectsPerSecond, ConnectionsPerReader, RequestsPerConnect, HeldConnections, IdleCpu, IdleBytesPerSecond,
            MemoryPerConnection, CatchUp, LostAtCut, ThroughBuffering, ServedOverSix, LostWhileIdle, FailedConnects,
        SubscribedWithoutAffinity, Forwarded, ExtraLatency, ExtraP90, ExtraCpu,
    ];
}
