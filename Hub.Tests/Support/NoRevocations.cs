using Realtime.Server.Security.Sessions;

namespace Realtime.Tests.Support;

/// <summary>Ended sessions that are kept nowhere.</summary>
internal sealed class NoRevocations : ISessionRevocations
{
    public ValueTask<bool> WasEndedAsync(string session, DateTimeOffset expiresAt) => new(false);

    public Task<bool> AnnounceAsync(string session, DateTimeOffset expiresAt) => Task.FromResult(true);
}
