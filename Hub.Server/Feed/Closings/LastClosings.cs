using Realtime.Server.Node;
using Realtime.Server.Notifications;

namespace Realtime.Server.Feed.Closings;

/// <summary>The connections of this node that ended last, of all users: for an operator who asks why one got nothing.</summary>
internal sealed class LastClosings
{
    /// <summary>Connections that are remembered, about 100 bytes each.</summary>
    public const int MaxCount = 8_192;

    private readonly Lock _gate = new();
    private readonly (string? User, EndedConnection Connection)[] _ring = new (string?, EndedConnection)[MaxCount];   // guarded by _gate
    private int _next;                                                                                                // guarded by _gate

    public void Add(string user, EndedConnection connection)
    {
        lock (_gate)
        {
            _ring[_next] = (user, connection);
            _next = (_next + 1) % MaxCount;
        }
    }

    /// <summary>The user's, the last first.</summary>
    public IReadOnlyList<EndedConnection> Of(string user, int most)
    {
        var found = new List<EndedConnection>();
        lock (_gate)
        {
            for (var i = 1; i <= MaxCount && found.Count < most; i++)
            {
                var (owner, connection) = _ring[(_next - i + MaxCount) % MaxCount];
                if (owner == user) found.Add(connection);
            }
        }
        return found;
    }
}

/// <param name="Reason">Why the server ended its stream; null if the client left, or its network did.</param>
internal readonly record struct EndedConnection(DateTimeOffset At, DateTimeOffset Since, Transport Transport, CloseReason? Reason);
