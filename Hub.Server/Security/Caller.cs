using System.Security.Claims;
using Realtime.Server.Notifications;

namespace Realtime.Server.Security;

/// <summary>A caller, and what it may read and do. Made once per token and shared by all its requests.</summary>
/// <param name="User">The token's <c>sub</c>.</param>
/// <param name="Topics">The topics that it may read: its own <c>user:</c> topic, then its groups', then <c>all</c>; no duplicates.</param>
/// <param name="ExpiresAt">The token's <c>exp</c>. Nothing is delivered from then on.</param>
/// <param name="Session">The browser session that authenticates the caller; null if a token does.</param>
internal sealed record Caller(
    string User, IReadOnlyList<Topic> Topics, DateTimeOffset ExpiresAt, bool IsPublisher, bool IsAdmin, string? Session = null)
{
    /// <summary>True if the token says that the user is in groups, but not in which: the caller reads none of them.</summary>
    public bool GroupsAreUnknown { get; init; }

    /// <summary>The token's <c>iat</c>, in whole seconds; null if it has none. A session has its token's.</summary>
    public DateTimeOffset? IssuedAt { get; init; }

    /// <summary>
    /// How long its token lasts, in whole seconds; at least one. SignalR 11's clients cannot read a fraction or more than 32 bits, and take
    /// zero for no end.
    /// </summary>
    public int LifetimeSeconds(DateTimeOffset now) => (int)Math.Clamp((ExpiresAt - now).TotalSeconds, 1, int.MaxValue);

    /// <summary>The caller of an authenticated request.</summary>
    public static Caller Of(ClaimsPrincipal principal) => ((CallerIdentity)principal.Identity!).Caller;
}

/// <summary>The identity that token validation sets on a request.</summary>
internal sealed class CallerIdentity(Caller caller, IEnumerable<Claim> claims, string authenticationType)
    : ClaimsIdentity(claims, authenticationType, "sub", "role")
{
    public Caller Caller { get; } = caller;
}

/// <summary>A known user, who may do nothing here with this token.</summary>
/// <param name="reason">A sentence for the caller.</param>
internal sealed class RefusedIdentity(string user, string reason) : ClaimsIdentity([new("sub", user)], "Bearer", "sub", "role")
{
    public string Reason { get; } = reason;
}
