using System.Collections.Concurrent;
using System.Globalization;
using Realtime.Server.Redis;
using Realtime.Server.Redis.Data;
using StackExchange.Redis;

namespace Realtime.Server.Security.Sessions;

/// <summary>
/// Tells nodes of ended sessions through Redis. (1) A key says so until the cookie expires: it is the truth. (2) A message tells those who
/// have connections of the session at once: it is a hint. (3) A node asks for the key when it meets a session that it has not asked for
/// lately, and again and again for those that have something open, so that a message which it missed is made up for.
/// </summary>
internal sealed class ClusterRevocations(RedisConnection redis, RevokedSessions ended, SessionConnections open, TimeProvider time)
    : BackgroundService, ISessionRevocations
{
    /// <summary>How long an answer counts, and so how long a session whose message was lost can live on after its end.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(5);

    /// <summary>Answers that are remembered; beyond it all are asked for again.</summary>
    private const int MaxAsked = 100_000;

    /// <summary>Endings that Redis did not take and that are told later; beyond it this node alone knows of them.</summary>
    public const int MaxUnannounced = 10_000;

    /// <summary>Keys asked for together.</summary>
    private const int Batch = 250;

    private readonly ConcurrentDictionary<string, long> _asked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _unannounced = new(StringComparer.Ordinal);

    /// <summary>How many endings wait to be told.</summary>
    public int Unannounced => _unannounced.Count;

    /// <summary>What the key says, or said less than <see cref="MaxAge"/> ago.</summary>
    /// <remarks>
    /// While Redis is silent the cookie alone counts: what there is to read is there too, and a refusal would end a browser's event stream
    /// for good.
    /// </remarks>
    public async ValueTask<bool> WasEndedAsync(string session, DateTimeOffset expiresAt)
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

    /// <returns>False: Redis did not take it. It is told again until it does.</returns>
    public async Task<bool> AnnounceAsync(string session, DateTimeOffset expiresAt)
    {
        var left = expiresAt - time.GetUtcNow();
        if (left <= TimeSpan.Zero) return true;
        try
        {
            await redis.AskAsync(
                RedisKeys.EndedSession(session), database => database.StringSetAsync(RedisKeys.EndedSession(session), "", left));
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
            await Task.Delay(MaxAge, time, stoppingToken);
        }
    }

    private async Task RefreshAsync()
    {
        try
        {
            // In this order: a message that is published between two subscriptions is found in the keys. The client library may swap
            // messages, which does no harm: each ends another session, and none begins one.
            await redis.ListenAsync(redis.Channels.SessionEnds, Receive);
        }
        catch (RedisUnavailableException) { /* the keys may be there all the same */ }
        foreach (var (session, expiresAt) in _unannounced)
            if (await AnnounceAsync(session, expiresAt)) _unannounced.TryRemove(session, out _);
        try
        {
            foreach (var batch in open.Current.Chunk(Batch))
                await Task.WhenAll(batch.Select(it => AskAsync(it.Session, it.ExpiresAt)));
        }
        catch (RedisUnavailableException) { /* next time */ }
    }

    private async Task<bool> AskAsync(string session, DateTimeOffset expiresAt)
    {
        var key = RedisKeys.EndedSession(session);
        if (await redis.AskAsync(key, database => database.KeyExistsAsync(key)))
        {
            End(session, expiresAt);
            return true;
        }
        if (_asked.Count >= MaxAsked) _asked.Clear();
        _asked[session] = time.GetTimestamp();
        return false;
    }

    // Others may write to the same Redis: what is no message of ours is passed over.
    private void Receive(RedisValue message)
    {
        if (RevocationMessage.TryParse(message, out var session, out var expiresAt) && expiresAt > time.GetUtcNow())
            End(session, expiresAt);
    }

    private void End(string session, DateTimeOffset expiresAt)
    {
        _asked.TryRemove(session, out _);
        ended.Add(session, expiresAt);
        open.Close(session);
    }

    /// <summary>
    /// The message: <c>session seconds</c>, the latter when its cookie expires, since 1970. Later versions may append fields.
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
