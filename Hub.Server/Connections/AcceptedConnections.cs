using Realtime.Server.Node;

namespace Realtime.Server.Connections;

/// <summary>Counts the connections of all listeners, WebSockets included, and says whether there is room for one more.</summary>
internal sealed partial class AcceptedConnections(
    ConnectionLimitOptions options, HubCounters counters, TimeProvider time, ILogger<AcceptedConnections> logger)
{
    private readonly LogThrottle _throttle = new(time);

    /// <summary>Most connections at a time; null: there is no limit.</summary>
    public int? Limit { get; } = options.Connections
        ?? (FileDescriptors.Limit is { } files ? FileDescriptors.LeftForConnections(files) : null);

    /// <summary>Takes a place for a connection, to be given back with <see cref="Remove"/> once its socket is closed.</summary>
    /// <param name="descriptor">The number of its socket; 0 where that says nothing.</param>
    /// <returns>False: there is none. The connection must be closed.</returns>
    public bool TryAdd(nint descriptor)
    {
        if (counters.OpenSocket() <= (Limit ?? int.MaxValue) && !FileDescriptors.IsReserved(descriptor)) return true;
        counters.CloseSocket();
        counters.CountRefusedSocket();
        if (_throttle.MayLog("", ConnectionEventIds.ConnectionsRefused)) Refused(counters.Sockets, Limit ?? 0, counters.RefusedSockets);
        return false;
    }

    public void Remove() => counters.CloseSocket();

    [LoggerMessage(ConnectionEventIds.ConnectionsRefused, LogLevel.Warning,
        "A new connection was closed at once: {Open} connections are open, Hub:Limits:Connections is {Limit}. {Refused} were closed so "
        + "since the start. "
        + "Logged at most once a minute.")]
    private partial void Refused(int open, int limit, long refused);
}
