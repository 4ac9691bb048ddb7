using Realtime.Server.Log;
using Realtime.Server.Notifications;

namespace Realtime.Server.Feed.Tails;

/// <summary>
/// A log that runs only a few reads at a time, first come, first served: clients that read a lot do not slow down publishing.
/// </summary>
internal sealed class LimitedReads(INotificationLog log, int atOnce, TimeProvider time) : INotificationLog, IDisposable
{
    private readonly SemaphoreSlim _places = new(atOnce);

    public Task<AppendOutcome> AppendAsync(Draft draft, CancellationToken cancel) => log.AppendAsync(draft, cancel);

    public async ValueTask<LogPage> ReadAsync(Topic topic, Position? after, PageLimit limit, CancellationToken cancel)
    {
        await TakePlaceAsync(cancel);
        try
        {
            return await log.ReadAsync(topic, after, limit, cancel);
        }
        finally
        {
            _places.Release();
        }
    }

    public ValueTask<IReadOnlyDictionary<Topic, Position>> ReadAcknowledgedAsync(string user, CancellationToken cancel) =>
        log.ReadAcknowledgedAsync(user, cancel);

    public Task<bool> AcknowledgeAsync(string user, IReadOnlyDictionary<Topic, Position> positions, CancellationToken cancel) =>
        log.AcknowledgeAsync(user, positions, cancel);

    public void Dispose() => _places.Dispose();

    private async ValueTask TakePlaceAsync(CancellationToken cancel)
    {
        var waiting = _places.WaitAsync(cancel);
        if (waiting.IsCompletedSuccessfully) return;
        try
        {
            await waiting.WaitAsync(FeedLimits.StoredReadWait, time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            _ = waiting.ContinueWith(
                _ => _places.Release(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw new LogUnavailableException("Too many pages of history wait for the store.");
        }
    }
}
