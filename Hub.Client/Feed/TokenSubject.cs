using System.Buffers.Text;
using System.Text.Json;

namespace Realtime.Client.Feed;

/// <summary>
/// The user of a token. The token is not verified here: the server does that, and an invalid name only leads to another cursor file.
/// </summary>
internal static class TokenSubject
{
    /// <returns>The <c>sub</c> of a JWT; null if it is none.</returns>
    public static string? Of(string token)
    {
        var parts = token.Split('.');
        if (parts.Length != 3) return null;
        try
        {
            using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
            return payload.RootElement.TryGetProperty("sub", out var sub) && sub.GetString() is { Length: > 0 } user ? user : null;
        }
        catch (Exception none) when (none is FormatException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
