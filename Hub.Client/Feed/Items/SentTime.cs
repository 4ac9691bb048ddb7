using System.Globalization;

namespace Realtime.Client.Feed.Items;

/// <summary>Converts times as publishers write them (RFC 3339) to values.</summary>
internal static class SentTime
{
    private const int SecondsAt = 17;

    /// <returns>The time; <see cref="DateTimeOffset.MinValue"/> if a value cannot represent it (a date before the year 1, say).</returns>
    public static DateTimeOffset Parse(string text)
    {
        // RFC 3339 allows lower case, and leap seconds, which no .NET type can represent.
        text = text.ToUpperInvariant();
        if (text.Length > SecondsAt + 2 && string.CompareOrdinal(text, SecondsAt, "60", 0, 2) == 0)
            text = $"{text[..SecondsAt]}59{text[(SecondsAt + 2)..]}";
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : DateTimeOffset.MinValue;
    }
}
