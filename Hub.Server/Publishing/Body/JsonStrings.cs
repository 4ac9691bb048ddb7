using System.Text.Json;

namespace Realtime.Server.Publishing.Body;

/// <summary>Strings of limited length, decoded only as far as needed.</summary>
internal static class JsonStrings
{
    // The longest way to write a UTF-16 code unit in JSON: \u0041.
    private const int MaxBytesPerUnit = 6;

    /// <summary>The string at the reader's position; null if it is no string, or certainly longer than this many code units.</summary>
    public static string? TryRead(scoped ref Utf8JsonReader reader, int maxUnits) =>
        MayFit(ref reader, maxUnits) ? reader.GetString() : null;

    /// <summary>The same as UTF-8. Without escapes, which is the usual case, it is a slice of the request.</summary>
    public static bool TryRead(scoped ref Utf8JsonReader reader, int maxUnits, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!MayFit(ref reader, maxUnits)) return false;
        text = reader.ValueIsEscaped ? Unescape(ref reader) : reader.ValueSpan;
        return true;
    }

    private static bool MayFit(scoped ref Utf8JsonReader reader, int maxUnits) =>
        reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length <= maxUnits * MaxBytesPerUnit;

    private static byte[] Unescape(scoped ref Utf8JsonReader reader)
    {
        var text = new byte[reader.ValueSpan.Length];
        return text[..reader.CopyString(text)];
    }
}
