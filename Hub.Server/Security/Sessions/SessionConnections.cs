namespace Realtime.Server.Security.Sessions;

/// <summary>What is open on this node by browser sessions, so that it ends with them.</summary>
internal sealed class SessionConnections(RevokedSessions ended)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, HashSet<Entry>> _entries = new(StringComparer.Ordinal); // guarded by _gate

    /// <summary>Those by which something is open now, each with when it expires.</summary>
    public IReadOnlyList<(string Session, DateTimeOffset ExpiresAt)> Current
    {
        get { lock (_gate) return [.. _entries.Select(it => (it.Key, it.Value.Max(entry => entry.ExpiresAt)))]; }
    }

    /// <summary>Sees to it that something is closed when its session is ended, at once if that has happened already.</summary>
    /// <param name="close">Must not block. May be called once more when it is closed.</param>
    /// <returns>To be disposed when it is closed; null: the caller reads by no session.</returns>
    public IDisposable? Add(Caller caller, Action close)
    {
        if (caller.Session is not { } session) return null;
        var entry = new Entry(this, session, caller.ExpiresAt, close);
        lock (_gate)
        {
            if (!_entries.TryGetValue(session, out var entries)) _entries[session] = entries = [];
            entries.Add(entry);
        }
        // Listed first, looked up then: one that is ended meanwhile is found by one of the two.
        if (ended.Contains(session)) close();
        return entry;
    }

    public void Close(string session)
    {
        Entry[] entries;
        lock (_gate) entries = _entries.TryGetValue(session, out var found) ? [.. found] : [];
        foreach (var entry in entries) entry.Close();
    }

    private void Remove(Entry entry)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(entry.Session, out var entries)) return;
            if (entries.Remove(entry) && entries.Count == 0) _entries.Remove(entry.Session);
        }
    }

    private sealed class Entry(SessionConnections sessions, string session, DateTimeOffset expiresAt, Action close) : IDisposable
    {
        public string Session => session;

        public DateTimeOffset ExpiresAt => expiresAt;

        public void Close() => close();

        public void Dispose() => sessions.Remove(this);
    }
}
