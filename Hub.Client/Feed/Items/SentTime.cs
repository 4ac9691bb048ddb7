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
        if (text.Length > SecondsAt + 2 && text.AsSpan(SecondsAt, 2) is "60")
            text = $"{text.AsSpan(0, SecondsAt)}59{text.AsSpan(SecondsAt + 2)}";
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : DateTimeOffset.MinValue;
    }
}
