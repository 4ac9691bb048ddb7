using Realtime.Server.Feed.Tails;
using Realtime.Server.Log;
using Realtime.Server.Node;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;

namespace Realtime.Server.Feed;

/// <summary>The entry point of readers: opens subscriptions, counts them, and sends the readers away when the node drains.</summary>
internal sealed class NotificationFeed(
    INotificationLog log, TopicTails tails, CursorChoice cursors, HubCounters counters, TimeProvider time)
    : IDisposable
{
    private readonly LimitedReads _stored = new(log, FeedLimits.StoredReadsAtOnce, time);
    private readonly UserReads _replays = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Subscription> _open = [];   // guarded by _gate
    private bool _draining;                              // guarded by _gate

    /// <summary>Opens a stream that goes on until the reader leaves. The caller must close it with <see cref="Left"/>.</summary>
    /// <param name="connection">Its reader. If it is one too many of its user, the stream says so and ends.</param>
    /// <param name="depth">Levels of nesting that the transport has room for.</param>
    public Subscription Open(UserConnection connection, StartAt start, TimeSpan? heartbeat, int depth = JsonDepth.InEventStream)
    {
        var source = new FeedSource(log, tails, cursors, new(FeedLimits.PageCount, FeedLimits.PageBytes), depth, _replays);
        var subscription = connection.Subscribe(reader => new(reader, start, source, heartbeat, time, counters, connection.Transport));
        lock (_gate)
        {
            _open.Add(subscription);
            if (_draining) subscription.Close(CloseReason.Draining, ReconnectSchedule.Draining());
            else if (!connection.TryTakePlace())
            {
                counters.Refused.Add(RefusingLimit.ConnectionsPerUser);
                subscription.Close(CloseReason.Limit, ReconnectSchedule.Limit().ReconnectIn);
            }
        }
        return subscription;
    }

    /// <summary>The caller that opened a subscription must call this when the subscription is over.</summary>
    public void Left(Subscription subscription)
    {
        lock (_gate) _open.Remove(subscription);
    }

    /// <summary>Opens a stream of what is stored now, for a page; the stream then ends.</summary>
    /// <param name="pageCount">Notifications of a topic to fetch at a time.</param>
    /// <exception cref="LogUnavailableException">While it is enumerated: the store cannot be read.</exception>
    public Subscription OpenStored(Reader reader, StartAt start, int pageCount) =>
        new(reader, start, new(_stored, Tails: null, cursors, new(pageCount, FeedLimits.StoredPageBytes), JsonDepth.InPage),
            heartbeat: null, time);

    public void Dispose()
    {
        _stored.Dispose();
        _replays.Dispose();
    }

    /// <summary>
    /// Sends all readers away, spread over a period, and new ones at once. Completes when all have left, or soon after the period.
    /// </summary>
    public async Task DrainAsync(TimeSpan duration, CancellationToken cancel)
    {
        Subscription[] open;
        lock (_gate)
        {
            _draining = true;
            open = [.. _open];
        }

        Random.Shared.Shuffle(open);
        var start = time.GetTimestamp();
        for (var i = 0; i < open.Length; i++)
        {
            var wait = (duration * i / open.Length) - time.GetElapsedTime(start);
            if (wait > FeedLimits.DrainStep) await Task.Delay(wait, time, cancel);
            open[i].Close(CloseReason.Draining, ReconnectSchedule.Draining());
        }

        while (HasReaders && time.GetElapsedTime(start) < duration + FeedLimits.DrainPatience)
            await Task.Delay(FeedLimits.DrainStep, time, cancel);
    }

    private bool HasReaders { get { lock (_gate) return _open.Count > 0; } }
}
