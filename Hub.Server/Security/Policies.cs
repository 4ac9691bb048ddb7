using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;

namespace Realtime.Server.Security;

/// <summary>The policies for callers, by the name that endpoints use (<c>RequireAuthorization(Policies.Publishing)</c>).</summary>
internal static class Policies
{
    /// <summary>Any caller; the default of every endpoint that requires authorization.</summary>
    public const string Reading = "reading";

    /// <summary>Role <c>publisher</c>.</summary>
    public const string Publishing = "publishing";

    /// <summary>Role <c>admin</c>.</summary>
    public const string Administration = "administration";

    /// <summary>
    /// Whether a user meets all requirements of an endpoint. A <see cref="RefusedIdentity"/> is authenticated, but is no caller: 403
    /// everywhere.
    /// </summary>
    public static bool Allow(ClaimsPrincipal user, IReadOnlyList<IAuthorizeData> demands)
    {
        if (user.Identity is not CallerIdentity { Caller: var caller }) return false;
        for (var i = 0; i < demands.Count; i++)
            if (!Allow(caller, demands[i].Policy)) return false;
        return true;
    }

    private static bool Allow(Caller caller, string? policy) => policy switch
    {
        null or Reading => true,
        Publishing => caller.IsPublisher,
        Administration => caller.IsAdmin,
        _ => throw new ArgumentException($"There is no policy '{policy}'.", nameof(policy)),
    };
}
