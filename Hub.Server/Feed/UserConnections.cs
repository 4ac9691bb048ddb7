using System.Runtime.InteropServices;
using Realtime.Server.Security;
using Realtime.Server.Security.Revocations;

namespace Realtime.Server.Feed;

/// <summary>
/// The connections that each user has open on this node: hub connections of any transport, with and without a subscription, and event
/// streams.
/// </summary>
internal sealed class UserConnections
{
    private readonly FeedOptions _options;
    private readonly RevokedUsers _revoked;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _perUser = new(StringComparer.Ordinal);   // guarded by _gate
    private readonly HashSet<UserConnection> _open = [];                               // guarded by _gate

    public UserConnections(FeedOptions options, RevokedUsers revoked)
    {
        (_options, _revoked) = (options, revoked);
        revoked.Revoked += CloseRevoked;
    }

    /// <summary>Whether the user may open one more.</summary>
    public bool HasPlaceFor(string user)
    {
        lock (_gate) return _perUser.GetValueOrDefault(user) < _options.ConnectionsPerUser;
    }

    /// <summary>Call this when a connection opens. If there is a place, it takes it until it is disposed.</summary>
    public UserConnection Open(Caller caller)
    {
        var connection = new UserConnection(this, caller);
        lock (_gate) _open.Add(connection);
        connection.TryTakePlace();
        return connection;
    }

    internal bool IsRevoked(UserConnection connection) => _revoked.Refuse(connection.Caller);

    internal bool TryTake(string user, ref PlaceState place)
    {
        lock (_gate)
        {
            if (place != PlaceState.None) return place == PlaceState.Taken;
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_perUser, user, out _);
            if (count >= _options.ConnectionsPerUser) return false;
            count++;
            place = PlaceState.Taken;
            return true;
        }
    }

    internal void Release(UserConnection connection, ref PlaceState place)
    {
        var user = connection.Caller.User;
        lock (_gate)
        {
            _open.Remove(connection);
            if (place == PlaceState.Taken && --CollectionsMarshal.GetValueRefOrNullRef(_perUser, user) == 0) _perUser.Remove(user);
            place = PlaceState.Released;
        }
    }

    private void CloseRevoked()
    {
        UserConnection[] open;
        lock (_gate) open = [.. _open];
        foreach (var connection in open)
        {
            if (IsRevoked(connection)) connection.Close();
        }
    }

    internal enum PlaceState : byte
    {
        None,
        Taken,
        Released,
    }
}

/// <summary>One open connection.</summary>
internal sealed class UserConnection(UserConnections connections, Caller caller) : IDisposable
{
    private UserConnections.PlaceState _place;
    private Action? _close;

    public Caller Caller => caller;

    /// <summary>True if it has a place among its user's connections, or gets one now. Otherwise it is one too many.</summary>
    public bool TryTakePlace() => connections.TryTake(caller.User, ref _place);

    /// <summary>Closes the connection when its caller is revoked; at once if it already is.</summary>
    /// <param name="close">Must not block. May be called again after the connection has closed.</param>
    public void CloseWhenRevoked(Action close)
    {
        Volatile.Write(ref _close, close);
        // Set first, then look: a user who is revoked in between is found by one of the two.
        if (connections.IsRevoked(this)) close();
    }

    internal void Close() => Volatile.Read(ref _close)?.Invoke();

    public void Dispose() => connections.Release(this, ref _place);
}
