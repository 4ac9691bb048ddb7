namespace Realtime.Server.Notifications;

/// <summary>The rules for user ids and group names.</summary>
internal static class NameRules
{
    /// <summary>The longest user id or group name, in UTF-16 code units.</summary>
    public const int MaxLength = 128;

    /// <summary>
    /// 1 to 128 code units, no control characters, no lone surrogates: nothing that could break a key, a header, a log line or a page.
    /// </summary>
    public static bool IsValid(string name) => name.Length is >= 1 and <= MaxLength && IsCleanText(name);

    /// <summary>No control characters and no lone surrogates.</summary>
    public static bool IsCleanText(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i])) return false;
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return false;
            i++;
        }
        return true;
    }
}
