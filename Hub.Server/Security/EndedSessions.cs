using System.Collections.Concurrent;

namespace Realtime.Server.Security;

/// <summary>Sessions that were ended before their cookie expires, as far as this node knows: a copy of it is worth nothing from then on.</summary>
internal sealed class EndedSessions(TimeProvider time)
{
    /// <summary>Beyond it those that expire soonest are forgotten first.</summary>
    public const int MaxCount = 100_000;

    private readonly ConcurrentDictionary<string, DateTimeOffset> _expiries = new(StringComparer.Ordinal);

    public bool Contains(string session) => !_expiries.IsEmpty && _expiries.ContainsKey(session);

    public void Add(string session, DateTimeOffset expiresAt)
    {
        var now = time.GetUtcNow();
        foreach (var (old, expiry) in _expiries)
            if (expiry <= now) _expiries.TryRemove(old, out _);
        if (_expiries.Count >= MaxCount) _expiries.TryRemove(_expiries.MinBy(it => it.Value).Key, out _);
        _expiries[session] = expiresAt;
    }
}
