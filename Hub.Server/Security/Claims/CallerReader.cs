using System.Buffers.Text;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Realtime.Server.Notifications;

namespace Realtime.Server.Security.Claims;

/// <summary>Turns a token with a valid signature and valid times into a caller.</summary>
internal sealed class CallerReader(ClaimNames names, IOptions<AuthOptions> auth, UnknownGroups unknownGroups)
{
    /// <summary>Groups that one token may carry at most: a subscription follows a topic for each.</summary>
    public const int MaxGroups = 100;

    private const string AuthenticationType = "Bearer";

    private readonly GroupPatterns _allowed = new(auth.Value.GroupsAllowed);

    /// <returns>
    /// A <see cref="CallerIdentity"/>, or a <see cref="RefusedIdentity"/> if the token is valid but its groups are not allowed (403).
    /// </returns>
    /// <exception cref="NoUserException">The token does not name a user (401).</exception>
    public ClaimsIdentity Read(JsonWebToken token)
    {
        using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(token.EncodedPayload));
        var claims = payload.RootElement;
        if (!names.User.TryFind(claims, out var named)) throw NoUserException.Missing(names.User);
        if (ClaimTexts.One(named) is not { } user || !NameRules.IsValid(user)) throw NoUserException.NotAName(names.User);

        List<string?> groups = [.. ClaimTexts.All(claims, names.Groups).Where(_allowed.Allow)];
        if (groups.Count > MaxGroups) return new RefusedIdentity(user, $"The token names more than {MaxGroups} groups.");
        if (!groups.TrueForAll(group => group is not null && NameRules.IsValid(group)))
            return new RefusedIdentity(
                user, $"A group in the token is not a name: 1 to {NameRules.MaxLength} code units without control characters.");

        var roles = ClaimTexts.All(claims, names.Role);
        var expiresAt = new DateTimeOffset(DateTime.SpecifyKind(token.ValidTo, DateTimeKind.Utc));
        var caller = new Caller(
            user, Topic.AllOf(user, groups.OfType<string>()), expiresAt, roles.Contains(names.PublisherRole),
            roles.Contains(names.AdminRole))
        {
            GroupsAreUnknown = unknownGroups.AreIn(claims, token.Issuer),
            IssuedAt = IssuedAt(claims),
        };
        IEnumerable<Claim> kept = [new("sub", user), .. roles.OfType<string>().Select(role => new Claim("role", role))];
        return new CallerIdentity(caller, kept, AuthenticationType);
    }

    /// <summary>Anything but a number of seconds is no time.</summary>
    private static DateTimeOffset? IssuedAt(JsonElement claims) =>
        claims.TryGetProperty("iat", out var iat) && iat.ValueKind == JsonValueKind.Number && iat.TryGetDouble(out var seconds)
            && seconds >= 0 && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds((long)seconds)
            : null;
}

/// <summary>A token with a valid signature names no user. The message is a sentence for the caller.</summary>
internal sealed class NoUserException : Exception
{
    private NoUserException(string message) : base(message) { }

    public static NoUserException Missing(ClaimPath claim) =>
        new($"The token has no claim {claim}, which must hold the user's id.");

    public static NoUserException NotAName(ClaimPath claim) =>
        new($"The token's claim {claim} is not a user id: a text of 1 to {NameRules.MaxLength} code units without control characters.");
}
