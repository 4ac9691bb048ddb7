using Microsoft.AspNetCore.Connections;

namespace Realtime.Server.Connections;

/// <summary>What <see cref="UnfinishedRequests"/> knows of a connection. The rest is <see cref="RequestMeter"/>'s own.</summary>
internal abstract class UnfinishedRequest(ConnectionContext connection)
{
    public ConnectionContext Connection => connection;

    /// <summary>Its place in the list of all, and guarded by their lock.</summary>
    public LinkedListNode<UnfinishedRequest>? Place { get; set; }

    /// <summary>Bytes that count. Guarded by the same lock.</summary>
    public long Counted { get; set; }

    /// <summary>Whether the connection was closed to make room. Guarded by the same lock.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Ends a wait: there is room, or the connection ends.</summary>
    /// <returns>False: it did not wait any more.</returns>
    public abstract bool GoOn();
}
