namespace Realtime.Server.Security.Sessions;

/// <summary>What nodes tell each other of sessions that were ended.</summary>
internal interface ISessionRevocations
{
    /// <summary>Whether another node has ended a session.</summary>
    ValueTask<bool> WasEndedAsync(string session, DateTimeOffset expiresAt);

    /// <returns>False: the others could not be told. They are told again until they can.</returns>
    Task<bool> AnnounceAsync(string session, DateTimeOffset expiresAt);
}

/// <summary>One node: there are no others to tell.</summary>
internal sealed class NoRevocations : ISessionRevocations
{
    public ValueTask<bool> WasEndedAsync(string session, DateTimeOffset expiresAt) => new(false);

    public Task<bool> AnnounceAsync(string session, DateTimeOffset expiresAt) => Task.FromResult(true);
}
