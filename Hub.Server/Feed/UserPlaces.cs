using System.Runtime.InteropServices;

namespace Realtime.Server.Feed;

/// <summary>How many connections each user may have open on this node, and how many it has.</summary>
internal sealed class UserPlaces(FeedOptions options)
{
    private readonly FeedOptions _options = options;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _taken = new(StringComparer.Ordinal);   // guarded by _gate

    /// <summary>Whether the user may open one more connection.</summary>
    public bool IsFreeFor(string user)
    {
        lock (_gate) return _taken.GetValueOrDefault(user) < _options.ConnectionsPerUser;
    }

    /// <summary>How many of the user's connections have a place.</summary>
    public int CountOf(string user)
    {
        lock (_gate) return _taken.GetValueOrDefault(user);
    }

    /// <summary>The place of one connection, which it has not taken yet.</summary>
    public Place For(string user) => new(this, user);

    internal sealed class Place(UserPlaces places, string user)
    {
        private bool? _isTaken = false;   // null: released; guarded by the places' gate

        /// <summary>True if the connection has its place, or gets it now. Otherwise it is one too many.</summary>
        public bool TryTake()
        {
            lock (places._gate)
            {
                if (_isTaken is not false) return _isTaken is true;
                ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(places._taken, user, out _);
                if (count >= places._options.ConnectionsPerUser) return false;
                count++;
                _isTaken = true;
                return true;
            }
        }

        /// <summary>Gives the place back. Cannot be taken again.</summary>
        public void Release()
        {
            lock (places._gate)
            {
                if (_isTaken is true && --CollectionsMarshal.GetValueRefOrNullRef(places._taken, user) == 0) places._taken.Remove(user);
                _isTaken = null;
            }
        }
    }
}
