using Realtime.Server.Feed.Closings;
using Realtime.Server.Node;
using Realtime.Server.Security;
using Realtime.Server.Security.Revocations;

namespace Realtime.Server.Feed;

/// <summary>
/// The connections that are open on this node: hub connections of any transport, with and without a subscription, and event streams.
/// </summary>
internal sealed class UserConnections
{
    private readonly UserPlaces _places;
    private readonly RevokedUsers _revoked;
    private readonly LastClosings _closings;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly HashSet<UserConnection> _open = [];   // guarded by _gate

    public UserConnections(FeedOptions options, RevokedUsers revoked, LastClosings closings, TimeProvider time)
    {
        (_places, _revoked, _closings, _time) = (new(options), revoked, closings, time);
        revoked.Revoked += CloseRevoked;
    }

    /// <summary>Whether the user may open one more.</summary>
    public bool HasPlaceFor(string user) => _places.IsFreeFor(user);

    /// <summary>How many connections of the user are open.</summary>
    public int CountOf(string user) => _places.CountOf(user);

    /// <summary>The user's connections that are open now, the newest first.</summary>
    public IReadOnlyList<UserConnection> Of(string user)
    {
        lock (_gate) return [.. _open.Where(it => it.Caller.User == user).OrderByDescending(it => it.Since)];
    }

    /// <summary>Call this when a connection opens. If there is a place, it takes it until it is disposed.</summary>
    public UserConnection Open(Caller caller, Transport transport)
    {
        var connection = new UserConnection(caller, transport, _time.GetUtcNow(), _places.For(caller.User), _revoked, Remove);
        lock (_gate) _open.Add(connection);
        connection.TryTakePlace();
        return connection;
    }

    private void Remove(UserConnection connection)
    {
        lock (_gate) _open.Remove(connection);
        _closings.Add(connection.Caller.User, new(_time.GetUtcNow(), connection.Since, connection.Transport, connection.ClosedFor));
    }

    private void CloseRevoked()
    {
        UserConnection[] open;
        lock (_gate) open = [.. _open];
        foreach (var connection in open) connection.CloseIfRevoked();
    }
}
