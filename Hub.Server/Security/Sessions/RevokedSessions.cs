using System.Collections.Concurrent;

namespace Realtime.Server.Security.Sessions;

/// <summary>
/// Sessions that were ended before their cookie expires, as far as this node knows: a copy of it is worth nothing from then on.
/// </summary>
internal sealed class RevokedSessions(TimeProvider time)
{
    /// <summary>Beyond it those that expire soonest are forgotten first.</summary>
    public const int MaxCount = 100_000;

    private readonly ConcurrentDictionary<string, DateTimeOffset> _expiries = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly PriorityQueue<string, DateTimeOffset> _order = new(); // guarded by _gate; one that was added again stands in it twice

    public bool Contains(string session) => !_expiries.IsEmpty && _expiries.ContainsKey(session);

    /// <param name="expiresAt">Of several cookies of a session the last one counts.</param>
    public void Add(string session, DateTimeOffset expiresAt)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_expiries.TryGetValue(session, out var known) && known >= expiresAt) return;
            while (_order.TryPeek(out var old, out var expiry) && (expiry <= now || _order.Count >= MaxCount))
            {
                _order.Dequeue();
                _expiries.TryRemove(new(old, expiry));
            }
            _expiries[session] = expiresAt;
            _order.Enqueue(session, expiresAt);
        }
    }
}
