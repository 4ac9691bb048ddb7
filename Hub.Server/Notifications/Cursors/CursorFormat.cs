namespace Realtime.Server.Notifications.Cursors;

/// <summary>The common parts of both cursor formats. The first character is the version.</summary>
/// <remarks>Every format that was ever written can still be read: clients keep cursors for as long as they like.</remarks>
internal static class CursorFormat
{
    public const int CheckDigits = 4;
    public const int StampDigits = 7;

    /// <summary>The largest sequence or stamp (the year 2109) that fits.</summary>
    public const long MaxNumber = (1L << (6 * StampDigits)) - 1;

    /// <summary>Characters; a longer text is no cursor. A cursor for 200 topics whose keys all collide takes 9,000.</summary>
    public const int MaxLength = 16 * 1024;
}
