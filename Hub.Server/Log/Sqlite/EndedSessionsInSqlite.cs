using System.Collections.Concurrent;
using Realtime.Server.Log.Sqlite.Writing;
using Realtime.Server.Security.Sessions;

namespace Realtime.Server.Log.Sqlite;

/// <summary>
/// One node: ended sessions are in the embedded store, so that a copy of a cookie stays worthless after a restart. The node reads them
/// before it listens, and no request asks for them.
/// </summary>
internal sealed class EndedSessionsInSqlite(SqliteLog log, RevokedSessions ended, TimeProvider time)
    : BackgroundService, ISessionRevocations
{
    /// <summary>How often it retries to store what could not be stored.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _notStored = new(StringComparer.Ordinal);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        foreach (var (session, expiresAt) in await log.WriteAsync(new EndedSessionRead(now, time.GetTimestamp())))
            ended.Add(session, DateTimeOffset.FromUnixTimeMilliseconds(expiresAt));
        await base.StartAsync(cancellationToken);
    }

    public ValueTask<bool> WasEndedAsync(string session, DateTimeOffset expiresAt) => new(false);

    /// <returns>False if it could not be stored. It is retried until it is.</returns>
    public async Task<bool> AnnounceAsync(string session, DateTimeOffset expiresAt)
    {
        try
        {
            await log.WriteAsync(new EndedSessionWrite(session, expiresAt, time.GetUtcNow(), time.GetTimestamp()));
            return true;
        }
        catch (LogUnavailableException)
        {
            // The session has ended in memory. If the node restarts before a retry succeeds, a copy of its cookie is accepted again.
            _notStored[session] = expiresAt;
            return false;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(Retry, time, stoppingToken);
            foreach (var (session, expiresAt) in _notStored)
                if (expiresAt <= time.GetUtcNow() || await AnnounceAsync(session, expiresAt)) _notStored.TryRemove(session, out _);
        }
    }
}
