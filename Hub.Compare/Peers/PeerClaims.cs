using System.Security.Claims;

namespace Realtime.Compare.Peers;

/// <summary>The claims that the comparison's tokens have.</summary>
internal static class PeerClaims
{
    public const string User = "sub", Group = "groups", Role = "role";

    public static string UserOf(ClaimsPrincipal caller) => caller.FindFirstValue(User) ?? "";

    public static IEnumerable<string> GroupsOf(ClaimsPrincipal caller) => caller.FindAll(Group).Select(claim => claim.Value);
}
