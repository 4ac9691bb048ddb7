using System.Buffers.Text;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Realtime.Server.Notifications;

namespace Realtime.Server.Security.Tokens;

/// <summary>Turns a token with a valid signature and valid times into a caller.</summary>
internal static class CallerReader
{
    public const string PublisherRole = "publisher";
    public const string AdminRole = "admin";

    /// <summary>Groups that one token may carry at most: a subscription follows a topic for each.</summary>
    public const int MaxGroups = 100;

    private const string AuthenticationType = "Bearer";

    /// <summary>
    /// Returns a <see cref="CallerIdentity"/>; a <see cref="RefusedIdentity"/> if the token is valid but its groups are not allowed (403);
    /// null if it does not name a user (401).
    /// </summary>
    public static ClaimsIdentity? Read(JsonWebToken token)
    {
        using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(token.EncodedPayload));
        var claims = payload.RootElement;
        if (!claims.TryGetProperty("sub", out var sub) || Text(sub) is not { } user || !NameRules.IsValid(user)) return null;

        var groups = Texts(claims, "groups");
        if (groups.Count > MaxGroups) return new RefusedIdentity(user, $"The token names more than {MaxGroups} groups.");
        if (!groups.TrueForAll(group => group is not null && NameRules.IsValid(group)))
            return new RefusedIdentity(
                user, $"A group in the token is not a name: 1 to {NameRules.MaxLength} code units without control characters.");

        var roles = Texts(claims, "role");
        var expiresAt = new DateTimeOffset(DateTime.SpecifyKind(token.ValidTo, DateTimeKind.Utc));
        var caller = new Caller(
            user, Topic.AllOf(user, groups.OfType<string>()), expiresAt, roles.Contains(PublisherRole), roles.Contains(AdminRole));
        IEnumerable<Claim> kept = [new("sub", user), .. roles.OfType<string>().Select(role => new Claim("role", role))];
        return new CallerIdentity(caller, kept, AuthenticationType);
    }

    /// <summary>A claim that is a text or an array of texts. Any other element becomes null.</summary>
    private static List<string?> Texts(JsonElement claims, string name) => claims.TryGetProperty(name, out var claim) switch
    {
        false => [],
        true when claim.ValueKind == JsonValueKind.Null => [],
        true when claim.ValueKind == JsonValueKind.Array => [.. claim.EnumerateArray().Select(Text)],
        true => [Text(claim)],
    };

    private static string? Text(JsonElement claim)
    {
        if (claim.ValueKind != JsonValueKind.String) return null;
        try
        {
            return claim.GetString();
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate or invalid UTF-8 is not a text.
            return null;
        }
    }
}

/// <summary>A known user, who may do nothing here with this token.</summary>
/// <param name="reason">A sentence for the caller.</param>
internal sealed class RefusedIdentity(string user, string reason) : ClaimsIdentity([new("sub", user)], "Bearer", "sub", "role")
{
    public string Reason { get; } = reason;
}
