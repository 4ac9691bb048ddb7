using System.Collections.Concurrent;
using System.Text.Json;

namespace Realtime.Server.Security.Claims;

/// <summary>
/// Entra's group overage: a user who is in too many groups gets a token that says where they can be read instead of naming them. This
/// server does not read them there.
/// </summary>
/// <remarks>https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference#groups-overage-claim</remarks>
internal sealed partial class UnknownGroups(ClaimNames names, ILogger<UnknownGroups> logger)
{
    /// <summary>Beyond this many issuers, no more warnings are logged. Without <c>Hub:Auth:Issuer</c> a token may name any.</summary>
    private const int MaxIssuers = 100;

    private readonly ConcurrentDictionary<string, bool> _warned = new(StringComparer.Ordinal);

    /// <summary>
    /// Whether a token does not list its user's groups although there are some. Logs a warning about the first token of an issuer.
    /// </summary>
    public bool AreIn(JsonElement claims, string issuer)
    {
        if (names.Groups.TryFind(claims, out _) || !(HasGroups(claims) || IsElsewhere(claims))) return false;
        if (_warned.Count < MaxIssuers && _warned.TryAdd(issuer, true)) Unlisted(issuer, names.Groups);
        return true;
    }

    private static bool HasGroups(JsonElement claims) => claims.TryGetProperty("hasgroups", out var has)
        && (has.ValueKind == JsonValueKind.True || (has.ValueKind == JsonValueKind.String && has.ValueEquals("true")));

    private bool IsElsewhere(JsonElement claims) =>
        claims.TryGetProperty("_claim_names", out var elsewhere) && elsewhere.ValueKind == JsonValueKind.Object
        && elsewhere.TryGetProperty(names.Groups.Name, out _);

    [LoggerMessage(SecurityEventIds.GroupsUnlisted, LogLevel.Warning,
        "A token of {Issuer} does not list its user's groups, because there are too many of them (Entra's group overage). Such users read "
        + "no group until a token lists them. Let Entra put only groups assigned to the application into tokens, or use application roles: "
        + "set Hub:Auth:GroupsClaim to \"roles\". The claim is {Claim} now.")]
    private partial void Unlisted(string issuer, ClaimPath claim);
}
