using Microsoft.AspNetCore.Connections;

namespace Realtime.Server.Connections;

/// <summary>
/// The state of a connection that <see cref="UnfinishedRequests"/> uses. The rest is private to <see cref="RequestMeter"/>.
/// </summary>
internal abstract class UnfinishedRequest(ConnectionContext connection)
{
    public ConnectionContext Connection => connection;

    /// <summary>Its node in the list of all. Guarded by the lock of the list.</summary>
    public LinkedListNode<UnfinishedRequest>? Place { get; set; }

    /// <summary>The bytes that are counted. Guarded by the same lock.</summary>
    public long Counted { get; set; }

    /// <summary>Whether the connection was closed to make room. Guarded by the same lock.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Ends a wait: there is room, or the connection ends.</summary>
    /// <returns>False if it was no longer waiting.</returns>
    public abstract bool GoOn();
}
