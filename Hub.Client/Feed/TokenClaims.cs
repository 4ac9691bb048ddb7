using System.Buffers.Text;
using System.Text.Json;

namespace Realtime.Client.Feed;

/// <summary>
/// What a token says. The token is not verified here: the server does that. An invalid user only leads to another cursor file, an invalid
/// time only to a refresh that comes at another time.
/// </summary>
/// <param name="User">The <c>sub</c>; null if there is none.</param>
/// <param name="ExpiresAt">The <c>exp</c>; null if there is none.</param>
internal readonly record struct TokenClaims(string? User, DateTimeOffset? ExpiresAt)
{
    /// <returns>The claims of a JWT; nothing if the token is none.</returns>
    public static TokenClaims Of(string token)
    {
        var parts = token.Split('.');
        if (parts.Length != 3) return default;
        try
        {
            using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
            if (payload.RootElement.ValueKind != JsonValueKind.Object) return default;
            return new(UserOf(payload.RootElement), ExpiryOf(payload.RootElement));
        }
        catch (Exception none) when (none is FormatException or JsonException or InvalidOperationException)
        {
            return default;
        }
    }

    private static string? UserOf(JsonElement claims) =>
        claims.TryGetProperty("sub", out var sub) && sub.ValueKind == JsonValueKind.String && sub.GetString() is { Length: > 0 } user
            ? user
            : null;

    // Seconds, which may have a fraction (RFC 7519).
    private static DateTimeOffset? ExpiryOf(JsonElement claims) =>
        claims.TryGetProperty("exp", out var exp) && exp.ValueKind == JsonValueKind.Number && exp.TryGetDouble(out var seconds)
        && seconds >= 0 && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(0).AddSeconds(seconds)
            : null;
}
