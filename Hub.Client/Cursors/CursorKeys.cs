using Microsoft.Extensions.Logging;
using Realtime.Client.Feed;

namespace Realtime.Client.Cursors;

/// <summary>Finds out whose cursor a feed needs, before it connects.</summary>
internal sealed class CursorKeys(OrderFeedOptions options, FeedTokens? tokens, ILogger log)
{
    /// <exception cref="InvalidOperationException">The token does not say.</exception>
    public async Task<CursorKey> FindAsync(CancellationToken cancel)
    {
        var server = options.Server?.AbsoluteUri ?? "";
        if (options.User is { } user) return new CursorKey(server, user);
        var schedule = new RetrySchedule(options.Random);
        while (tokens!.User is null && await IsMissingAsync(cancel).ConfigureAwait(false))
            await Task.Delay(schedule.Next(TimeSpan.Zero, null), options.TimeProvider, cancel).ConfigureAwait(false);
        return new CursorKey(server, tokens.User ?? throw new InvalidOperationException(
            $"The token is no JWT with a 'sub', so it is not known whose positions to keep: set {nameof(OrderFeedOptions)}.{nameof(OrderFeedOptions.User)}."));
    }

    /// <returns>Whether there is no token yet.</returns>
    private async Task<bool> IsMissingAsync(CancellationToken cancel)
    {
        try
        {
            await tokens!.AskAheadAsync(cancel).ConfigureAwait(false);
            return false;
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            log.NoToken(failure.Message);
            return true;
        }
    }
}
