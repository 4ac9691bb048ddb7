using Microsoft.Extensions.Options;

namespace Realtime.Server.Security.Claims;

/// <summary>Where tokens have what this server reads from them.</summary>
internal sealed class ClaimNames(IOptions<AuthOptions> auth)
{
    public ClaimPath User { get; } = ClaimPath.Parse(auth.Value.UserClaim);

    public ClaimPath Groups { get; } = ClaimPath.Parse(auth.Value.GroupsClaim);

    public ClaimPath Role { get; } = ClaimPath.Parse(auth.Value.RoleClaim);

    /// <summary>What tokens call <see cref="Roles.Publisher"/>.</summary>
    public string PublisherRole { get; } = auth.Value.PublisherRole;

    /// <summary>What tokens call <see cref="Roles.Admin"/>.</summary>
    public string AdminRole { get; } = auth.Value.AdminRole;

    /// <summary>A role as tokens call it.</summary>
    public string RoleInTokens(string role) => role switch
    {
        Roles.Publisher => PublisherRole,
        Roles.Admin => AdminRole,
        _ => role,
    };
}

/// <summary>The roles, by the names that this server has for them.</summary>
internal static class Roles
{
    public const string Publisher = "publisher";
    public const string Admin = "admin";
}
