using Realtime.Server.Node;

namespace Realtime.Server.Connections;

/// <summary>Counts the connections of all listeners, WebSockets included, and checks whether one more is allowed.</summary>
internal sealed partial class AcceptedConnections(
    ConnectionLimitOptions options, HubCounters counters, TimeProvider time, ILogger<AcceptedConnections> logger)
{
    private readonly LogThrottle _throttle = new(time);

    /// <summary>Most connections at a time; null if there is no limit.</summary>
    public int? Limit { get; } = options.Connections
        ?? (FileDescriptors.Limit is { } files ? FileDescriptors.LeftForConnections(files) : null);

    /// <summary>Counts a connection. The caller must call <see cref="Remove"/> once its socket is closed.</summary>
    /// <param name="descriptor">The descriptor of its socket; 0 if it is unknown.</param>
    /// <returns>False if there is no room. The caller must close the connection.</returns>
    public bool TryAdd(nint descriptor)
    {
        if (counters.OpenSocket() <= (Limit ?? int.MaxValue) && !FileDescriptors.IsReserved(descriptor)) return true;
        counters.CloseSocket();
        counters.Refused.Add(RefusingLimit.Connections);
        if (_throttle.MayLog("", ConnectionEventIds.ConnectionsRefused))
            Refused(counters.Sockets, Limit ?? 0, counters.Refused[RefusingLimit.Connections]);
        return false;
    }

    public void Remove() => counters.CloseSocket();

    [LoggerMessage(ConnectionEventIds.ConnectionsRefused, LogLevel.Warning,
        "A new connection was closed at once: {Open} connections are open, Hub:Limits:Connections is {Limit}. {Refused} were closed so "
        + "since the start. "
        + "Logged at most once a minute.")]
    private partial void Refused(int open, int limit, long refused);
}
