using System.Collections.Concurrent;

namespace Realtime.Server.Security.Sessions;

/// <summary>
/// Sessions that this node knows to be revoked before their cookie expires. After that, a copy of the cookie is worthless.
/// </summary>
internal sealed class RevokedSessions(TimeProvider time)
{
    /// <summary>Sessions remembered at most. Beyond this, those that expire soonest are forgotten first.</summary>
    public const int MaxCount = 100_000;

    private readonly ConcurrentDictionary<string, DateTimeOffset> _expiries = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly PriorityQueue<string, DateTimeOffset> _order = new(); // guarded by _gate; a session added again has two entries

    public bool Contains(string session) => !_expiries.IsEmpty && _expiries.ContainsKey(session);

    /// <param name="expiresAt">If a session has several cookies, the expiry of the last one.</param>
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
