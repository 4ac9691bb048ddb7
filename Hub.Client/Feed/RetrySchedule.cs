namespace Realtime.Client.Feed;

/// <summary>
/// When to try again: full jitter, which means a random time between now and a bound that doubles with each failure. Readers that lost
/// their server together therefore do not come back together.
/// </summary>
internal sealed class RetrySchedule(Random random)
{
    /// <summary>Failures in a row so far.</summary>
    public int Attempt { get; private set; }

    /// <summary>A connection ended, or could not be made.</summary>
    /// <param name="lasted">How long the connection worked.</param>
    /// <param name="advice">The wait that the server asked for.</param>
    /// <returns>How long to wait.</returns>
    public TimeSpan Next(TimeSpan lasted, TimeSpan? advice)
    {
        if (lasted >= FeedLimits.StableAfter) Attempt = 0;
        Attempt++;
        // The server spreads readers itself. But if it repeatedly closes new connections at once, our own back-off applies as well.
        if (advice is { } asked && Attempt == 1) return asked;
        var limit = Math.Min(FeedLimits.FirstRetry.TotalSeconds * Math.Pow(2, Attempt - 1), FeedLimits.LongestRetry.TotalSeconds);
        var drawn = TimeSpan.FromSeconds(random.NextDouble() * limit);
        return advice > drawn ? advice.Value : drawn;
    }
}
