using System.Security.Claims;
using Realtime.Server.Notifications;

namespace Realtime.Server.Security;

/// <summary>Who is calling, and what that lets it read and do. Made once per token and shared by all its requests.</summary>
/// <param name="User">The token's <c>sub</c>.</param>
/// <param name="Topics">What it may read: its own <c>user:</c> topic first, then its groups', then <c>all</c>; none twice.</param>
/// <param name="ExpiresAt">The token's <c>exp</c>. Nothing is delivered from then on.</param>
/// <param name="Session">The browser session that speaks for the caller; null: a token does.</param>
internal sealed record Caller(
    string User, IReadOnlyList<Topic> Topics, DateTimeOffset ExpiresAt, bool IsPublisher, bool IsAdmin, string? Session = null)
{
    /// <summary>The caller behind an authenticated request.</summary>
    public static Caller Of(ClaimsPrincipal principal) => ((CallerIdentity)principal.Identity!).Caller;
}

/// <summary>The identity that token validation leaves on a request.</summary>
internal sealed class CallerIdentity(Caller caller, IEnumerable<Claim> claims, string authenticationType)
    : ClaimsIdentity(claims, authenticationType, "sub", "role")
{
    public Caller Caller { get; } = caller;
}
