namespace Realtime.Client.Feed.Refreshes;

/// <summary>When to refresh a token. Each wait is null if the token ends before it: then the feed reconnects with a new token.</summary>
internal static class RefreshSchedule
{
    /// <param name="left">How long the token lasts from now on.</param>
    public static TimeSpan? First(TimeSpan left) =>
        Within(left, left < 2 * FeedLimits.RefreshLead ? left / 2 : left - FeedLimits.RefreshLead);

    /// <summary>After an attempt that did not bring a newer token.</summary>
    /// <inheritdoc cref="First"/>
    public static TimeSpan? Again(TimeSpan left) => Within(left, left / 2);

    private static TimeSpan? Within(TimeSpan left, TimeSpan wait)
    {
        if (wait < FeedLimits.ShortestRefresh) wait = FeedLimits.ShortestRefresh;
        if (wait > FeedLimits.LongestRefresh) wait = FeedLimits.LongestRefresh;
        return wait < left ? wait : null;
    }
}
