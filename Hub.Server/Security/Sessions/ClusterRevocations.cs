using System.Collections.Concurrent;
using System.Globalization;
using Realtime.Server.Redis;
using StackExchange.Redis;

namespace Realtime.Server.Security.Sessions;

/// <summary>
/// Announces revoked sessions to all nodes through Redis. (1) A list of them, which every node follows, and a key that marks the session
/// until its cookie expires, for sessions that the list does not cover: they are the truth. (2) A message reaches nodes with connections of
/// the session at once: it is a hint. (3) A node reads what is new in the list repeatedly, to make up for a lost message, and checks the
/// keys of sessions that are not covered when it meets them, and repeatedly while they have open connections.
/// </summary>
internal sealed class ClusterRevocations(RedisConnection redis, RevokedSessions ended, SessionConnections open, TimeProvider time)
    : BackgroundService, ISessionRevocations
{
    /// <summary>How long a check counts, and so how long a revoked session can live on if its message was lost.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(5);

    /// <summary>How long it waits between reads until this node knows the versions of the others.</summary>
    private static readonly TimeSpan StartPause = TimeSpan.FromMilliseconds(250);

    /// <summary>Checks that are remembered; beyond this, all are forgotten and repeated.</summary>
    private const int MaxAsked = 100_000;

    /// <summary>Revocations that Redis did not accept and that are announced later. Beyond this, only this node knows of them.</summary>
    public const int MaxUnannounced = 10_000;

    /// <summary>Keys checked together.</summary>
    private const int Batch = 250;

    private readonly EndedSessionList _list = new(redis);
    private readonly ConcurrentDictionary<string, long> _asked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _unannounced = new(StringComparer.Ordinal);

    /// <summary>The number of revocations that wait to be announced.</summary>
    public int Unannounced => _unannounced.Count;

    /// <summary>Whether a session was ended, by a read at most <see cref="MaxAge"/> old.</summary>
    /// <remarks>
    /// While Redis is silent, only the cookie counts. The data to read is in Redis too, and a refusal would end a browser's event stream
    /// for good.
    /// </remarks>
    public ValueTask<bool> WasEndedAsync(string session, DateTimeOffset expiresAt) =>
        _list.Covers(session) ? new(false) : AskOnceInAWhileAsync(session, expiresAt);

    /// <returns>False if Redis did not accept it. The announcement is retried until it does.</returns>
    public async Task<bool> AnnounceAsync(string session, DateTimeOffset expiresAt)
    {
        var left = expiresAt - time.GetUtcNow();
        if (left <= TimeSpan.Zero) return true;
        try
        {
            await redis.AskAsync(
                redis.Keys.EndedSession(session), database => database.StringSetAsync(redis.Keys.EndedSession(session), "", left));
            await _list.AddAsync(session, expiresAt);
            var message = RevocationMessage.Format(session, expiresAt);
            await redis.AskAsync(
                (byte[])redis.Channels.SessionEnds!, database => database.PublishAsync(redis.Channels.SessionEnds, message));
            return true;
        }
        catch (RedisUnavailableException)
        {
            if (_unannounced.Count < MaxUnannounced) _unannounced[session] = expiresAt;
            return false;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await redis.Reached.WaitAsync(stoppingToken);
        while (true)
        {
            await RefreshAsync();
            await Task.Delay(redis.EndedSessionsAreListed is null ? StartPause : MaxAge, time, stoppingToken);
        }
    }

    private async Task RefreshAsync()
    {
        try
        {
            // Subscribe first: a message that is published between two subscriptions is found in the keys. The client library may reorder
            // messages, which does no harm: each revokes another session, and none begins one.
            await redis.ListenAsync(redis.Channels.SessionEnds, Receive);
        }
        catch (RedisUnavailableException) { /* the keys may be there all the same */ }
        foreach (var (session, expiresAt) in _unannounced)
            if (await AnnounceAsync(session, expiresAt)) _unannounced.TryRemove(session, out _);
        try
        {
            await _list.ReadAsync(End);
            foreach (var batch in open.Current.Where(it => !_list.Covers(it.Session)).Chunk(Batch))
                await Task.WhenAll(batch.Select(it => AskAsync(it.Session, it.ExpiresAt)));
        }
        catch (RedisUnavailableException) { /* next time */ }
    }

    private async ValueTask<bool> AskOnceInAWhileAsync(string session, DateTimeOffset expiresAt)
    {
        if (_asked.TryGetValue(session, out var last) && time.GetElapsedTime(last) < MaxAge) return false;
        try
        {
            return await AskAsync(session, expiresAt);
        }
        catch (RedisUnavailableException)
        {
            return false;
        }
    }

    private async Task<bool> AskAsync(string session, DateTimeOffset expiresAt)
    {
        var key = redis.Keys.EndedSession(session);
        if (await redis.AskAsync(key, database => database.KeyExistsAsync(key)))
        {
            End(session, expiresAt);
            return true;
        }
        if (_asked.Count >= MaxAsked) _asked.Clear();
        _asked[session] = time.GetTimestamp();
        return false;
    }

    // Other programs may write to the same Redis: foreign messages are passed over.
    private void Receive(RedisValue message)
    {
        if (RevocationMessage.TryParse(message, out var session, out var expiresAt)) End(session, expiresAt);
    }

    private void End(string session, DateTimeOffset expiresAt)
    {
        if (expiresAt <= time.GetUtcNow()) return;
        _asked.TryRemove(session, out _);
        ended.Add(session, expiresAt);
        open.Close(session);
    }

    /// <summary>
    /// The message: <c>session seconds</c>. The seconds are the Unix time at which the cookie expires. Later versions may append fields.
    /// </summary>
    private static class RevocationMessage
    {
        public static string Format(string session, DateTimeOffset expiresAt) =>
            string.Create(CultureInfo.InvariantCulture, $"{session} {expiresAt.ToUnixTimeSeconds()}");

        public static bool TryParse(string? message, out string session, out DateTimeOffset expiresAt)
        {
            (session, expiresAt) = ("", default);
            if (message?.Split(' ') is not [var id, var seconds, ..] || !Guid.TryParseExact(id, "N", out _)) return false;
            if (!long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var expiry)
                || expiry > DateTimeOffset.MaxValue.ToUnixTimeSeconds()) return false;
            (session, expiresAt) = (id, DateTimeOffset.FromUnixTimeSeconds(expiry));
            return true;
        }
    }
}
