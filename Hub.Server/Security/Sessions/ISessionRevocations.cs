namespace Realtime.Server.Security.Sessions;

/// <summary>Where revoked sessions are kept, and how other nodes learn of them.</summary>
internal interface ISessionRevocations
{
    /// <summary>Whether another node has revoked a session.</summary>
    ValueTask<bool> WasEndedAsync(string session, DateTimeOffset expiresAt);

    /// <summary>Keeps a revocation and announces it.</summary>
    /// <returns>False if that failed. It is retried until it succeeds.</returns>
    Task<bool> AnnounceAsync(string session, DateTimeOffset expiresAt);
}
