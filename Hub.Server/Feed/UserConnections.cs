using System.Runtime.InteropServices;

namespace Realtime.Server.Feed;

/// <summary>
/// The connections that each user has open on this node: hub connections of any transport, with and without a subscription, and event
/// streams.
/// </summary>
internal sealed class UserConnections(FeedOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _perUser = new(StringComparer.Ordinal);   // guarded by _gate

    /// <summary>Whether the user may open one more.</summary>
    public bool HasPlaceFor(string user)
    {
        lock (_gate) return _perUser.GetValueOrDefault(user) < options.ConnectionsPerUser;
    }

    /// <summary>Call this when a connection opens. If there is a place, it takes it until it is disposed.</summary>
    public UserConnection Open(string user)
    {
        var connection = new UserConnection(this, user);
        connection.TryTakePlace();
        return connection;
    }

    internal bool TryTake(string user, ref PlaceState place)
    {
        lock (_gate)
        {
            if (place != PlaceState.None) return place == PlaceState.Taken;
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_perUser, user, out _);
            if (count >= options.ConnectionsPerUser) return false;
            count++;
            place = PlaceState.Taken;
            return true;
        }
    }

    internal void Release(string user, ref PlaceState place)
    {
        lock (_gate)
        {
            if (place == PlaceState.Taken && --CollectionsMarshal.GetValueRefOrNullRef(_perUser, user) == 0) _perUser.Remove(user);
            place = PlaceState.Released;
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
internal sealed class UserConnection(UserConnections connections, string user) : IDisposable
{
    private UserConnections.PlaceState _place;

    /// <summary>True if it has a place among its user's connections, or gets one now. Otherwise it is one too many.</summary>
    public bool TryTakePlace() => connections.TryTake(user, ref _place);

    public void Dispose() => connections.Release(user, ref _place);
}
