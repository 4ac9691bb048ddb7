namespace Realtime.Server.Security.Sessions;

/// <summary>Connections on this node that browser sessions have opened. They close when the session is revoked.</summary>
internal sealed class SessionConnections(RevokedSessions ended)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, HashSet<Entry>> _entries = new(StringComparer.Ordinal); // guarded by _gate

    /// <summary>Sessions with open connections now, each with its expiry.</summary>
    public IReadOnlyList<(string Session, DateTimeOffset ExpiresAt)> Current
    {
        get { lock (_gate) return [.. _entries.Select(it => (it.Key, it.Value.Max(entry => entry.ExpiresAt)))]; }
    }

    /// <summary>Ensures that a connection closes when its session is revoked; closes it at once if the session already is.</summary>
    /// <param name="close">Must not block. May be called again after the connection has closed.</param>
    /// <returns>Dispose it when the connection has closed. Null if the caller uses no session.</returns>
    public IDisposable? Add(Caller caller, Action close)
    {
        if (caller.Session is not { } session) return null;
        var entry = new Entry(this, session, caller.ExpiresAt, close);
        lock (_gate)
        {
            if (!_entries.TryGetValue(session, out var entries)) _entries[session] = entries = [];
            entries.Add(entry);
        }
        // Add first, then look up: a session that is revoked in between is found by one of the two.
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
