using Realtime.Server.Redis;

namespace Realtime.Server.Security.Sessions;

/// <summary>
/// The keys that encrypt session cookies. They are read in the background when first needed, and again when a cookie names an unknown key.
/// </summary>
internal sealed partial class SessionKeyRing(ISessionKeyStore store, TimeProvider time, ILogger<SessionKeyRing> logger)
{
    /// <summary>
    /// How old the keys may get. The library makes the next key three days before the last expires, so every node reads it in time.
    /// </summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(1);

    /// <summary>Least time between two reads, however many cookies name keys that do not exist.</summary>
    public static readonly TimeSpan LeastInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long a request waits for unknown keys; at most a second while Redis has not been reached.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The pause while another node adds a key, and how often it is repeated: in total longer than a lock lasts.</summary>
    private static readonly TimeSpan TurnPause = TimeSpan.FromMilliseconds(100);
    private const int MaxTurns = 150;

    private readonly Lock _gate = new();
    private Task<SessionKeys?> _underWay = Task.FromResult<SessionKeys?>(null); // guarded by _gate
    private Task<SessionKeys?>? _next;                                          // guarded by _gate; has not begun to read
    private long? _startedAt;                                                   // one read at a time
    private bool _unusable;
    private volatile SessionKeys? _keys;

    /// <param name="needed">The key that a cookie names; null if any key will do.</param>
    /// <returns>The keys, with the needed one among them if it exists; null if they cannot be read now.</returns>
    public ValueTask<SessionKeys?> FindAsync(Guid? needed, CancellationToken cancel)
    {
        if (_keys is not { } keys || (needed is { } id && !keys.Contain(id))) return new(WaitAsync(cancel));
        // The known keys stay in use during the read.
        if (time.GetElapsedTime(keys.ReadAt) > MaxAge) _ = Next();
        return new(keys);
    }

    private async Task<SessionKeys?> WaitAsync(CancellationToken cancel)
    {
        try
        {
            return await Next().WaitAsync(Patience, time, cancel);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>A read that begins after this call: one that is under way may have missed a new key.</summary>
    private Task<SessionKeys?> Next()
    {
        lock (_gate)
        {
            var before = _underWay;
            return _next ??= Task.Run(() => ReadInTurnAsync(before));
        }
    }

    private async Task<SessionKeys?> ReadInTurnAsync(Task before)
    {
        await before;
        var pause = _startedAt is { } last ? LeastInterval - time.GetElapsedTime(last) : TimeSpan.Zero;
        if (pause > TimeSpan.Zero) await Task.Delay(pause, time);
        _startedAt = time.GetTimestamp();
        lock (_gate) (_underWay, _next) = (_next!, null);
        return await ReadAsync();
    }

    private async Task<SessionKeys?> ReadAsync()
    {
        try
        {
            _keys = await ReadOrMakeAsync();
            if (_unusable) UsableAgain();
            _unusable = false;
            return _keys;
        }
        catch (RedisUnavailableException)
        {
            return null;   // the connection logs this
        }
        catch (Exception unusable)
        {
            // Catch everything: the keys may be repaired at their source, and only sessions depend on them.
            if (!_unusable) Unusable(unusable.Message);
            _unusable = true;
            return null;
        }
    }

    private async Task<SessionKeys> ReadOrMakeAsync()
    {
        for (var turn = 0; turn < MaxTurns; turn++)
        {
            var readAt = time.GetTimestamp();
            var elements = await store.ReadAsync();
            if (SessionKeys.Missing(elements) is not { } missing) return new(elements, readAt);
            if (await store.TryAddAsync(missing, elements.Count)) Made(missing.ExpiresAt);
            else await Task.Delay(TurnPause, time);
        }
        throw new KeyUnusableException(store.WhyNotAdded);
    }

    [LoggerMessage(SecurityEventIds.SessionKeyMade, LogLevel.Information,
        "A key for session cookies was created. It expires at {ExpiresAt}; the next one is created before that.")]
    private partial void Made(string expiresAt);

    [LoggerMessage(SecurityEventIds.SessionKeysUnusable, LogLevel.Warning,
        "The keys of session cookies cannot be used: {Why} Requests with a cookie get a 503 until that is fixed; bearer tokens keep "
        + "working.")]
    private partial void Unusable(string why);

    [LoggerMessage(SecurityEventIds.SessionKeysUsableAgain, LogLevel.Information, "The keys of session cookies can be used again.")]
    private partial void UsableAgain();
}
