namespace Realtime.Server.Security.Revocations;

/// <summary>The revocations that this node knows. Every request is checked against them, in memory.</summary>
internal sealed class RevokedUsers(TimeProvider time)
{
    /// <summary>Entries at most. Beyond this, the oldest that do not block are forgotten first.</summary>
    public const int MaxCount = 100_000;

    private readonly Lock _gate = new();
    private volatile Dictionary<string, Revocation> _byUser = new(StringComparer.Ordinal);   // replaced under _gate, never changed

    /// <summary>Is called after users were revoked. It must not block.</summary>
    public event Action? Revoked;

    /// <summary>Whether a caller's token is refused.</summary>
    public bool Refuse(Caller caller)
    {
        var known = _byUser;
        return known.Count > 0 && known.TryGetValue(caller.User, out var revocation)
            && revocation.Refuses(caller.IssuedAt, time.GetUtcNow());
    }

    /// <summary>Replaces everything that is known.</summary>
    public void Replace(IReadOnlyDictionary<string, Revocation> byUser)
    {
        lock (_gate) _byUser = new(byUser, StringComparer.Ordinal);
        Revoked?.Invoke();
    }

    /// <summary>Adds or removes one user's revocation.</summary>
    public void Put(string user, Revocation? revocation, IReadOnlyList<string> forget)
    {
        lock (_gate)
        {
            var changed = new Dictionary<string, Revocation>(_byUser, StringComparer.Ordinal);
            foreach (var one in forget) changed.Remove(one);
            if (revocation is null) changed.Remove(user);
            else changed[user] = revocation;
            _byUser = changed;
        }
        Revoked?.Invoke();
    }

    /// <summary>Users to forget when one more is added: those whose revocation is over and, beyond the limit, the oldest.</summary>
    public IReadOnlyList<string> ToForgetFor(string user)
    {
        var (now, known) = (time.GetUtcNow(), _byUser);
        var others = known.Where(one => one.Key != user).ToList();
        var over = others.Where(one => one.Value.IsOver(now)).Select(one => one.Key).ToList();
        var tooMany = others.Count - over.Count + 1 - MaxCount;
        if (tooMany <= 0) return over;
        var kept = others.Where(one => !one.Value.IsOver(now));
        return [.. over, .. kept.OrderBy(one => one.Value.IsBlocking(now)).ThenBy(one => one.Value.RefusedBefore).Take(tooMany)
            .Select(one => one.Key)];
    }
}
