namespace Realtime.Server.Routing;

/// <summary>Connections that ended a moment ago, with their user and hub.</summary>
internal sealed class EndedConnections(TimeProvider time)
{
    /// <summary>How long a connection is remembered. Requests sent before the client noticed the end arrive within this time.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(10);

    /// <summary>Connections remembered at most. Beyond this, the oldest is forgotten early.</summary>
    public const int Max = 20_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string User, string Hub)> _ended = [];   // guarded by _gate; by SignalR's token
    private readonly Queue<(string Token, long At)> _order = [];                  // guarded by _gate

    public void Add(string token, string user, string hub)
    {
        lock (_gate)
        {
            Forget();
            if (!_ended.TryAdd(token, (user, hub))) return;
            _order.Enqueue((token, time.GetTimestamp()));
            if (_order.Count > Max) _ended.Remove(_order.Dequeue().Token);
        }
    }

    /// <summary>Whether a connection of this user on this hub ended a moment ago.</summary>
    public bool WasOf(string token, string user, string hub)
    {
        lock (_gate)
        {
            Forget();
            return _ended.TryGetValue(token, out var ended) && ended == (user, hub);
        }
    }

    // Under the lock.
    private void Forget()
    {
        while (_order.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) > Memory) _ended.Remove(_order.Dequeue().Token);
    }
}
