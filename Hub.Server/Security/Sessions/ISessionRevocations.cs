namespace Realtime.Server.Security.Sessions;

/// <summary>The announcements of revoked sessions between nodes.</summary>
internal interface ISessionRevocations
{
    /// <summary>Whether another node has revoked a session.</summary>
    ValueTask<bool> WasEndedAsync(string session, DateTimeOffset expiresAt);

    /// <returns>False if the announcement failed. It is retried until it succeeds.</returns>
    Task<bool> AnnounceAsync(string session, DateTimeOffset expiresAt);
}

/// <summary>One node: there are no others to notify.</summary>
internal sealed class NoRevocations : ISessionRevocations
{
    public ValueTask<bool> WasEndedAsync(string session, DateTimeOffset expiresAt) => new(false);

    public Task<bool> AnnounceAsync(string session, DateTimeOffset expiresAt) => Task.FromResult(true);
}
