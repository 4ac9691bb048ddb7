using System.Runtime.CompilerServices;
using Realtime.Server.Feed.Tails;
using Realtime.Server.Log;
using Realtime.Server.Node;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;

namespace Realtime.Server.Feed;

/// <summary>Everything that one reader gets, at its own pace: subscribe, then replay, then live, over all of its topics.</summary>
internal sealed class Subscription
{
    private readonly Reader _reader;
    private readonly StartAt _start;
    private readonly INotificationLog _log;
    private readonly TopicTails? _tails;
    private readonly WakeUp _wakeUp = new();
    private readonly TopicCursor[] _topics;
    private readonly CursorBuffer _cursor;
    private readonly CurrentItem _item;
    private readonly TimeSpan? _heartbeat;
    private readonly int _depth;
    private readonly TimeProvider _time;
    private readonly HubCounters? _counters;
    private readonly long _openedAt;
    private StrongBox<Closing>? _closing;
    private volatile bool _ended;

    /// <param name="tails">If null, the stream ends where the log ends now, and the caller handles a log that cannot be read.</param>
    /// <param name="heartbeat">After this time without an item the position is repeated; null: never.</param>
    /// <param name="page">
    /// How much one read of the log fetches. All topics share the bytes (at least one notification each).
    /// </param>
    /// <param name="depth">Levels of nesting that the transport has room for, see <see cref="JsonDepth"/>.</param>
    /// <param name="replays">Gives the user's streams their turns to read the log; null if the log itself bounds reads.</param>
    public Subscription(
        Reader reader, StartAt start, INotificationLog log, TopicTails? tails, CursorChoice cursors, TimeSpan? heartbeat, PageLimit page,
        int depth,
        TimeProvider time, HubCounters? counters = null, UserReads? replays = null)
    {
        (_reader, _start, _log, _tails, _heartbeat, _depth, _time, _counters) = (reader, start, log, tails, heartbeat, depth, time,
            counters);
        _openedAt = time.GetUtcNow().ToUnixTimeMilliseconds();
        var limit = page with { Bytes = page.Bytes / reader.Topics.Count };
        _topics = [.. reader.Topics.Select(topic => new TopicCursor(topic, limit, _wakeUp, reader.User, replays))];
        _cursor = new CursorBuffer(reader.Topics, cursors)
        {
            Kept = reader.GroupsAreUnknown ? (start as StartAt.After)?.Cursor.GroupsBeside(reader.Topics) : null,
        };
        _item = new CurrentItem(_cursor);
    }

    public Reader Reader => _reader;

    /// <summary>True if everything stored has been read, and nothing has happened since.</summary>
    public bool IsIdle => _wakeUp.IsAsleep;

    /// <summary>Ends the stream with this as its last item. Only the first reason counts.</summary>
    public void Close(CloseReason reason, TimeSpan reconnectIn)
    {
        Interlocked.CompareExchange(ref _closing, new(new(reason, reconnectIn)), null);
        _wakeUp.Call();
    }

    /// <summary>Ends the stream without a last item: its reader has opened another one.</summary>
    public void End()
    {
        _ended = true;
        _wakeUp.Call();
    }

    /// <summary>The items, each valid until the next is asked for. Enumerate only once. Ends without an exception when cancelled.</summary>
    public async IAsyncEnumerable<CurrentItem> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        if (_closing is { Value: var refused })
        {
            yield return new CurrentItem(cursor: null).AsClosing(refused);
            yield break;
        }

        using var clock = new SubscriptionClock(_reader, _heartbeat, _wakeUp, _time);
        using var cancelled = cancel.UnsafeRegister(static wakeUp => ((WakeUp)wakeUp!).Call(), _wakeUp);
        try
        {
            // 1. Subscribe first, so that nothing stored from now on is missed. 2. Find the position to begin at.
            if (!await TryStartAsync(cancel))
            {
                if (!cancel.IsCancellationRequested) yield return new CurrentItem(cursor: null).AsClosing(ReconnectSchedule.Unavailable());
                yield break;
            }

            // 3. The position comes first: a reader that is cut off before its first notification still knows where it was.
            yield return _item.AsPosition();
            if (_start is StartAt.Unknown) yield return _item.AsGap(null, new Gap(null, null, GapReason.Reset));

            // 4. Replay, then live: everything in the tails and the log, oldest first. Then sleep until a tail or the clock calls.
            while (!cancel.IsCancellationRequested && !_ended)
            {
                if (EndsNow(clock) is { } closing)
                {
                    yield return _item.AsClosing(closing);
                    yield break;
                }

                await FetchAsync(clock, cancel);
                if (TryTakeNext()) yield return _item;
                else if (_tails is null) yield break;
                else if (clock.HeartbeatIsDue) yield return _item.AsPosition();
                else
                {
                    _item.Clear();
                    clock.Arm();
                    await _wakeUp.WaitAsync();
                    continue;
                }
                clock.ItemWasTaken();
            }
        }
        finally
        {
            foreach (var topic in _topics) topic.Tail?.Remove(topic);
        }
    }

    private async ValueTask<bool> TryStartAsync(CancellationToken cancel)
    {
        try
        {
            if (_tails is not null)
            {
                foreach (var topic in _topics) topic.Tail = await _tails.JoinAsync(topic.Topic, topic, cancel);
            }

            var acknowledged = _start is StartAt.Unacknowledged or StartAt.Unknown
                ? await _log.ReadAcknowledgedAsync(_reader.User, cancel)
                : null;
            var named = (_start as StartAt.After)?.Cursor.PositionsIn(_reader.Topics);
            for (var i = 0; i < _topics.Length; i++) _cursor.Move(i, await StartAsync(_topics[i], named?[i], acknowledged, cancel));
            return true;
        }
        catch (LogUnavailableException) when (_tails is not null)
        {
            return false;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    private ValueTask<Position> StartAsync(
        TopicCursor topic, Position? named, IReadOnlyDictionary<Topic, Position>? acknowledged, CancellationToken cancel) =>
        _start switch
        {
            StartAt.Latest => topic.StartAtLatestAsync(_log, cancel),
            StartAt.After => named is { } position ? new(topic.StartAfter(position)) : topic.StartAtLatestAsync(_log, cancel),
            _ => acknowledged is not null && acknowledged.TryGetValue(topic.Topic, out var seen)
                ? new(topic.StartAfter(seen))
                : topic.StartAtEarliestAsync(_log, cancel),
        };

    private Closing? EndsNow(SubscriptionClock clock) => _closing?.Value ?? (clock.TokenExpires ? ReconnectSchedule.TokenExpired : null);

    private async ValueTask FetchAsync(SubscriptionClock clock, CancellationToken cancel)
    {
        foreach (var topic in _topics)
        {
            try
            {
                await topic.FetchAsync(_log, cancel);
            }
            catch (LogUnavailableException) when (_tails is not null)
            {
                // A connected reader stays connected: closing would turn a short outage of the store into a stampede.
                clock.RetrySoon();
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Turns <see cref="_item"/> into the oldest of what was fetched.</summary>
    private bool TryTakeNext()
    {
        var oldest = -1;
        var stamp = long.MaxValue;
        for (var i = 0; i < _topics.Length; i++)
        {
            if (_topics[i].TryTakeGap(out var gap, out var end))
            {
                _cursor.Move(i, end);
                _item.AsGap(_topics[i].Topic, gap);
                return true;
            }
            if (!_topics[i].TryPeek(out var next) || next.Position.Stamp >= stamp) continue;
            (oldest, stamp) = (i, next.Position.Stamp);
        }

        if (oldest < 0) return false;
        var notification = _topics[oldest].Take();
        _cursor.Move(oldest, notification.Position);
        if (notification.Depth > _depth)
        {
            // Older versions accepted such a depth. Clients' parsers would refuse the notification, or skip it silently.
            _item.AsGap(
                _topics[oldest].Topic, new Gap(notification.Previous.Sequence, notification.Position.Sequence + 1, GapReason.Reset));
            return true;
        }
        _item.AsNotification(_topics[oldest].Topic, notification);
        Count(notification.Position.Stamp);
        return true;
    }

    // The stamp is the store's clock, which may be another machine's: close enough for a plot.
    private void Count(long stamp)
    {
        if (stamp < _openedAt) _counters?.CountReplayed();
        else _counters?.CountDelivered(_time.GetUtcNow().ToUnixTimeMilliseconds() - stamp);
    }
}
