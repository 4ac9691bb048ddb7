using System.Collections.Concurrent;

namespace Realtime.Server.Security;

/// <summary>Caches the result of checking a caller's credentials, by their whole text, compared character by character.</summary>
/// <remarks>Two generations: the older one is dropped when the newer is full, and after a while without calls.</remarks>
internal sealed class RecentlyAccepted<T> : IDisposable
    where T : class
{
    private readonly TimeSpan _maxAge;
    private readonly int _maxEntries;
    private readonly TimeProvider _time;
    private readonly ITimer _renewal;
    private readonly Lock _gate = new();
    private volatile Generation _current = new(null);   // replaced under _gate

    /// <param name="maxAge">How long one check counts.</param>
    /// <param name="maxEntries">Entries in one generation.</param>
    public RecentlyAccepted(TimeSpan maxAge, int maxEntries, TimeProvider time)
    {
        (_maxAge, _maxEntries, _time) = (maxAge, maxEntries, time);
        // Also without calls: an entry that has expired must not stay in memory.
        _renewal = time.CreateTimer(_ => Renew(_current), null, maxAge, maxAge);
    }

    /// <summary>The value kept for this text, if it is younger than the maximum age; otherwise null.</summary>
    public T? Find(string text)
    {
        var current = _current;
        if (!current.Entries.TryGetValue(text, out var entry) && current.Before?.TryGetValue(text, out entry) is not true) return null;
        return _time.GetElapsedTime(entry.KeptAt) < _maxAge ? entry.Value : null;
    }

    public void Keep(string text, T value)
    {
        var current = _current;
        if (Interlocked.Increment(ref current.Kept) > _maxEntries)
        {
            current = Renew(current);
            Interlocked.Increment(ref current.Kept);
        }
        current.Entries[text] = new(value, _time.GetTimestamp());
    }

    public void Dispose() => _renewal.Dispose();

    private Generation Renew(Generation old)
    {
        lock (_gate)
        {
            if (_current == old) _current = new(old.Entries);
            return _current;
        }
    }

    private readonly record struct Entry(T Value, long KeptAt);

    private sealed class Generation(ConcurrentDictionary<string, Entry>? before)
    {
        /// <summary>How often a value was kept here: at least the number of entries.</summary>
        public int Kept;

        public ConcurrentDictionary<string, Entry> Entries { get; } = new(StringComparer.Ordinal);

        public ConcurrentDictionary<string, Entry>? Before { get; } = before;
    }
}
