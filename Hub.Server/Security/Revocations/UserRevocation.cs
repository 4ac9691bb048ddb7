using Realtime.Server.Node;

namespace Realtime.Server.Security.Revocations;

/// <summary>Puts users out: at once on this node, and on every other node as soon as it learns of it.</summary>
internal sealed partial class UserRevocation(
    IRevocationStore store, RevokedUsers revoked, TimeProvider time, ILogger<UserRevocation> logger)
{
    /// <summary>Refuses the tokens that a user has now, and closes the connections that were opened with them.</summary>
    /// <exception cref="RevocationsUnavailableException">Nothing has changed, as far as is known.</exception>
    public async Task RevokeAsync(string user, DateTimeOffset? blockedUntil, string? reason, string by)
    {
        var revocation = new Revocation(time.GetUtcNow().ToUnixTimeSeconds(), blockedUntil, reason);
        await PutAsync(user, revocation);
        Disconnected(LogText.Of(user), LogText.Of(by), blockedUntil, reason is null ? null : LogText.Of(reason));
    }

    /// <summary>Accepts the user's tokens again.</summary>
    /// <exception cref="RevocationsUnavailableException">Nothing has changed, as far as is known.</exception>
    public async Task LiftAsync(string user, string by)
    {
        await PutAsync(user, null);
        Lifted(LogText.Of(user), LogText.Of(by));
    }

    private async Task PutAsync(string user, Revocation? revocation)
    {
        var forget = revoked.ToForgetFor(user);
        await store.PutAsync(user, revocation, forget);
        revoked.Put(user, revocation, forget);
    }

    [LoggerMessage(SecurityEventIds.UserDisconnected, LogLevel.Information,
        "User {User} was disconnected by {Operator}, blocked until {BlockedUntil}: {Reason}")]
    private partial void Disconnected(string user, string @operator, DateTimeOffset? blockedUntil, string? reason);

    [LoggerMessage(SecurityEventIds.UserAdmitted, LogLevel.Information, "The tokens of user {User} were admitted again by {Operator}.")]
    private partial void Lifted(string user, string @operator);
}
