using System.Globalization;

namespace Realtime.Client.Feed.Items;

/// <summary>Moments as publishers write them (RFC 3339), as values.</summary>
internal static class SentTime
{
    private const int SecondsAt = 17;

    /// <returns>The moment; <see cref="DateTimeOffset.MinValue"/> if a value cannot hold it (a date below the year 1, say).</returns>
    public static DateTimeOffset Parse(string text)
    {
        // The standard allows lower case, and leap seconds, which no value of .NET has.
        text = text.ToUpperInvariant();
        if (text.Length > SecondsAt + 2 && text.AsSpan(SecondsAt, 2) is "60")
            text = $"{text.AsSpan(0, SecondsAt)}59{text.AsSpan(SecondsAt + 2)}";
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : DateTimeOffset.MinValue;
    }
}
