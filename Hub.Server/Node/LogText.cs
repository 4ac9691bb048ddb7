using System.Globalization;
using System.Text;

namespace Realtime.Server.Node;

/// <summary>Text that a caller chose, made safe for a log: on one line, visible, and of bounded length.</summary>
internal static class LogText
{
    /// <summary>UTF-16 code units; longer text ends in "…".</summary>
    public const int MaxLength = 200;

    public static string Of(string text)
    {
        var cut = text.AsSpan(0, Math.Min(text.Length, MaxLength));
        var shown = new StringBuilder(cut.Length + 1);
        foreach (var unit in cut)
        {
            if (IsVisible(unit)) shown.Append(unit);
            else shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
        }
        return cut.Length < text.Length ? shown.Append('…').ToString() : shown.ToString();
    }

    // Surrogates stay as they are: names hold whole pairs only. Format characters (such as a change of the writing direction) would hide
    // the actual text.
    private static bool IsVisible(char unit) => char.GetUnicodeCategory(unit)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
