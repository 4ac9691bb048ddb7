using Realtime.Server.Node;
using Realtime.Server.Notifications;
using Realtime.Server.Security;
using Realtime.Server.Security.Revocations;

namespace Realtime.Server.Feed;

/// <summary>One open connection, and whose it is. Its caller may refresh its access while the connection stays open.</summary>
/// <param name="transport">How its reader is connected.</param>
/// <param name="since">When it was opened.</param>
/// <param name="place">Its place among its user's connections.</param>
/// <param name="closed">Called when it has closed.</param>
internal sealed class UserConnection(
    Caller caller, Transport transport, DateTimeOffset since, UserPlaces.Place place, RevokedUsers revoked, Action<UserConnection> closed)
    : IDisposable
{
    private readonly Lock _gate = new();
    private Task<bool> _lastRefresh = Task.FromResult(true);   // guarded by _gate
    private Subscription? _subscription;                       // guarded by _gate
    private volatile bool _isRefreshed;                        // replaced under _gate
    private volatile Caller _caller = caller;                  // replaced under _gate
    private volatile Reader _reader = caller.ToReader();       // replaced under _gate
    private Action? _close;

    public Transport Transport => transport;

    public DateTimeOffset Since => since;

    /// <summary>Why the server ended its subscription; null if it did not.</summary>
    public CloseReason? ClosedFor { get { lock (_gate) return _subscription?.ClosedFor; } }

    /// <summary>The last sequence that was handed to it in each of its topics; empty without a subscription that has begun.</summary>
    public IReadOnlyList<(Topic Topic, long Sequence)> Reached { get { lock (_gate) return _subscription?.Reached ?? []; } }

    /// <summary>The caller as its last token says.</summary>
    public Caller Caller => _caller;

    /// <summary>True if its access is no longer that of the token that it began with.</summary>
    public bool IsRefreshed => _isRefreshed;

    /// <summary>The caller as a reader. Its access ends with the last token.</summary>
    public Reader Reader => _reader;

    /// <summary>Opens a subscription, which follows the access of this connection. It replaces the one before.</summary>
    public Subscription Subscribe(Func<Reader, Subscription> open)
    {
        lock (_gate) return _subscription = open(_reader);
    }

    /// <summary>
    /// Gives the connection the access of another token of the same user, also if that ends earlier. When this completes, it has it.
    /// </summary>
    /// <returns>False if nothing has changed: see <see cref="Subscription.ChangeAsync"/>.</returns>
    public Task<bool> RefreshAsync(Caller next)
    {
        if (next.User != _caller.User) throw new ArgumentException("A connection stays with its user.", nameof(next));
        lock (_gate) return _lastRefresh = RefreshAfterAsync(_lastRefresh, next);
    }

    /// <summary>
    /// A request came with a newer token: the connection stays open as long as that one, unless it may read less, for which it would have
    /// to be refreshed.
    /// </summary>
    public void Prolong(Caller newer)
    {
        lock (_gate)
        {
            // After a refresh, an older token that lasts longer counts no more.
            if (newer.ExpiresAt <= _reader.ExpiresAt || (_isRefreshed && !(newer.IssuedAt > _caller.IssuedAt))) return;
            if (!_reader.Topics.Except(newer.Topics).Any()) _reader.ExpiresAt = newer.ExpiresAt;
        }
    }

    /// <summary>True if it has a place among its user's connections, or gets one now. Otherwise it is one too many.</summary>
    public bool TryTakePlace() => place.TryTake();

    /// <summary>Closes the connection when its caller is revoked; at once if it already is.</summary>
    /// <param name="close">Must not block. May be called again after the connection has closed.</param>
    public void CloseWhenRevoked(Action close)
    {
        Volatile.Write(ref _close, close);
        // Set first, then look: a user who is revoked in between is found by one of the two.
        CloseIfRevoked();
    }

    public void CloseIfRevoked()
    {
        if (revoked.Refuse(_caller)) Volatile.Read(ref _close)?.Invoke();
    }

    public void Dispose()
    {
        closed(this);
        place.Release();
    }

    private async Task<bool> RefreshAfterAsync(Task before, Caller next)
    {
        await before;
        var reader = next.ToReader();
        while (true)
        {
            Subscription? subscription;
            lock (_gate) subscription = _subscription;
            if (subscription is not null && !subscription.Reader.ReadsAs(reader) && !await subscription.ChangeAsync(reader)) return false;
            lock (_gate)
            {
                if (subscription != _subscription) continue;   // it has subscribed again meanwhile
                (_caller, _isRefreshed) = (next, true);
                if (_reader.ReadsAs(reader)) _reader.ExpiresAt = reader.ExpiresAt;
                else _reader = subscription?.Reader.ReadsAs(reader) == true ? subscription.Reader : reader;
            }
            subscription?.ExpiryHasMoved();
            // A user who was revoked meanwhile is found by one of the two.
            CloseIfRevoked();
            return true;
        }
    }
}
