using System.Buffers;
using System.Globalization;
using System.Text.Unicode;

namespace Realtime.Server.Publishing.Body;

/// <summary>
/// The checks that <see cref="System.Text.Json.Utf8JsonReader"/> leaves to its caller: it checks the syntax, not the text inside strings.
/// </summary>
internal static class JsonText
{
    private static readonly SearchValues<byte> WhiteSpace = SearchValues.Create(" \t\r\n"u8);
    private static readonly SearchValues<byte> WhiteSpaceOrQuote = SearchValues.Create(" \t\r\n\""u8);
    private static readonly SearchValues<byte> QuoteOrEscape = SearchValues.Create("\"\\"u8);

    /// <summary>Null, or why these bytes cannot be JSON text: not UTF-8, or half a character written as an escape.</summary>
    public static string? Fault(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json)) return "This is not UTF-8.";
        if (json.StartsWith("\uFEFF"u8)) return "A byte-order mark is not allowed.";
        return HasLoneSurrogate(json) ? "A lone surrogate (\\uD800 to \\uDFFF without its other half) is no character." : null;
    }

    /// <summary>Copies valid JSON without the white space between its tokens.</summary>
    /// <returns>The number of bytes written.</returns>
    public static int Compact(ReadOnlySpan<byte> json, Span<byte> target)
    {
        if (!json.ContainsAny(WhiteSpace))
        {
            json.CopyTo(target);
            return json.Length;
        }
        var written = 0;
        while (!json.IsEmpty)
        {
            var next = json.IndexOfAny(WhiteSpaceOrQuote);
            var plain = next < 0 ? json.Length : next;
            // A string is copied as it is, with its quotes.
            var taken = next >= 0 && json[next] == '"' ? plain + StringLength(json[plain..]) : plain;
            json[..taken].CopyTo(target[written..]);
            written += taken;
            json = json[taken..];
            var gap = json.IndexOfAnyExcept(WhiteSpace);
            json = gap < 0 ? [] : json[gap..];
        }
        return written;
    }

    /// <summary>The length of the string literal that <paramref name="json"/> begins with, quotes included.</summary>
    private static int StringLength(ReadOnlySpan<byte> json)
    {
        for (var i = 1; ;)
        {
            i += json[i..].IndexOfAny(QuoteOrEscape);
            if (json[i] == '"') return i + 1;
            i += 2;
        }
    }

    private static bool HasLoneSurrogate(ReadOnlySpan<byte> json)
    {
        // The JSON reader refuses a backslash outside a string.
        for (var i = json.IndexOf((byte)'\\'); i >= 0;)
        {
            var unit = EscapedUnit(json[i..]);
            var isPair = char.IsHighSurrogate(unit) && char.IsLowSurrogate(EscapedUnit(json[Math.Min(i + 6, json.Length)..]));
            if (char.IsSurrogate(unit) && !isPair) return true;
            var rest = Math.Min(i + (isPair ? 12 : 2), json.Length);
            var next = json[rest..].IndexOf((byte)'\\');
            i = next < 0 ? -1 : rest + next;
        }
        return false;
    }

    /// <summary>The code unit of an escape of the form <c>\uXXXX</c> at the beginning, or NUL.</summary>
    private static char EscapedUnit(ReadOnlySpan<byte> json) =>
        json.Length >= 6 && json[0] == '\\' && json[1] == 'u'
        && ushort.TryParse(json[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? (char)unit
            : '\0';
}
