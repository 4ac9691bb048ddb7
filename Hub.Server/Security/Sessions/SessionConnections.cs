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
    /// <param name="refresh">Gives the connection new access; false if nothing has changed.</param>
    /// <returns>Dispose it when the connection has closed. Null if the caller uses no session.</returns>
    public IDisposable? Add(Caller caller, Action close, Func<Caller, Task<bool>> refresh)
    {
        if (caller.Session is not { } session) return null;
        var entry = new Entry(this, caller, close, refresh);
        lock (_gate)
        {
            if (!_entries.TryGetValue(session, out var entries)) _entries[session] = entries = [];
            entries.Add(entry);
        }
        // Add first, then look up: a session that is revoked in between is found by one of the two.
        if (ended.Contains(session, caller.ExpiresAt)) close();
        return entry;
    }

    public void Close(string session)
    {
        foreach (var entry in EntriesOf(session)) entry.Close();
    }

    /// <summary>Gives the connections of a session the access of another token of the same user.</summary>
    /// <returns>For each connection whether it has it.</returns>
    public async Task<IReadOnlyList<bool>> RefreshAsync(string session, Caller caller) =>
        await Task.WhenAll(EntriesOf(session).Where(entry => entry.User == caller.User).Select(entry => entry.RefreshAsync(caller)));

    private Entry[] EntriesOf(string session)
    {
        lock (_gate) return _entries.TryGetValue(session, out var found) ? [.. found] : [];
    }

    private void Remove(Entry entry)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(entry.Session, out var entries)) return;
            if (entries.Remove(entry) && entries.Count == 0) _entries.Remove(entry.Session);
        }
    }

    private sealed class Entry(SessionConnections sessions, Caller caller, Action close, Func<Caller, Task<bool>> refresh) : IDisposable
    {
        private long _expiresAt = caller.ExpiresAt.UtcTicks;

        public string Session => caller.Session!;

        public string User => caller.User;

        public DateTimeOffset ExpiresAt => new(Volatile.Read(ref _expiresAt), TimeSpan.Zero);

        public void Close() => close();

        public async Task<bool> RefreshAsync(Caller next)
        {
            if (!await refresh(next)) return false;
            Volatile.Write(ref _expiresAt, next.ExpiresAt.UtcTicks);
            return true;
        }

        public void Dispose() => sessions.Remove(this);
    }
}
