using System.Collections.Concurrent;

namespace Realtime.Server.Security.Sessions;

/// <summary>
/// Sessions that this node knows to be revoked before their cookie expires. After that, a copy of the cookie is worthless.
/// </summary>
internal sealed class RevokedSessions(TimeProvider time)
{
    /// <summary>
    /// Sessions remembered one by one at most. Beyond this, those that expire soonest go, and with them every session that expires as soon:
    /// a user may have to sign in again a little early, and no copy of a cookie counts again.
    /// </summary>
    public const int MaxCount = 100_000;

    private readonly ConcurrentDictionary<string, DateTimeOffset> _expiries = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly PriorityQueue<string, DateTimeOffset> _order = new(); // guarded by _gate; a session added again has two entries
    private long _allUntil = long.MinValue;                                // ticks: sessions that expire until then are refused

    /// <param name="expiresAt">When the session's cookie expires.</param>
    public bool Contains(string session, DateTimeOffset expiresAt) =>
        !_expiries.IsEmpty && (_expiries.ContainsKey(session) || expiresAt.UtcTicks <= Volatile.Read(ref _allUntil));

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
                if (expiry > now) Volatile.Write(ref _allUntil, Math.Max(_allUntil, expiry.UtcTicks));
                _expiries.TryRemove(new(old, expiry));
            }
            _expiries[session] = expiresAt;
            _order.Enqueue(session, expiresAt);
        }
    }
}
