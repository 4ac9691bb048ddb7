using System.Text.Json;

namespace Realtime.Server.Security.Claims;

/// <summary>The texts in a claim.</summary>
internal static class ClaimTexts
{
    /// <summary>
    /// Claims whose texts are lists with blanks between: RFC 8693, section 4.2, and <c>scp</c>, as Entra and Okta call it.
    /// </summary>
    private static readonly string[] Lists = ["scope", "scp"];

    /// <summary>A claim that is a text or an array of texts. Any other element becomes null.</summary>
    public static List<string?> All(JsonElement claims, ClaimPath path)
    {
        if (!path.TryFind(claims, out var claim)) return [];
        var texts = claim.ValueKind == JsonValueKind.Array ? claim.EnumerateArray().Select(One) : [One(claim)];
        return Lists.Contains(path.Name)
            ? [.. texts.SelectMany(text => text?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? (string?[])[null])]
            : [.. texts];
    }

    /// <summary>Null if it is not a text.</summary>
    public static string? One(JsonElement claim)
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
