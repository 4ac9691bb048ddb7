namespace Realtime.Server.Security;

/// <summary>When a token is good: from <c>nbf</c> (or the beginning of time) to <c>exp</c>. UTC, as the validation library gives them.</summary>
internal readonly record struct TokenTimes(DateTime? NotBefore, DateTime Expires)
{
    /// <summary>By how much the clock of whoever made the token may be ahead of ours. For <c>exp</c> there is no tolerance.</summary>
    public static readonly TimeSpan NotBeforeTolerance = TimeSpan.FromSeconds(30);

    public bool Contain(DateTimeOffset now) => !IsOver(now) && !IsAhead(now);

    public bool IsOver(DateTimeOffset now) => now.UtcDateTime >= Expires;

    // Not NotBefore − tolerance: a token may say year 1.
    public bool IsAhead(DateTimeOffset now) => NotBefore > now.UtcDateTime + NotBeforeTolerance;
}
