using System.Runtime.CompilerServices;
using Realtime.Server.Feed.Tails;
using Realtime.Server.Log;
using Realtime.Server.Node;
using Realtime.Server.Notifications;

namespace Realtime.Server.Feed;

/// <summary>Everything that one reader gets, at its own pace: subscribe, then replay, then live, over all of its topics.</summary>
/// <param name="heartbeat">After this time without an item the position is repeated; null: never.</param>
/// <param name="counters">Null: not counted, because the stream is a page of history.</param>
internal sealed class Subscription(
    Reader reader, StartAt start, FeedSource source, TimeSpan? heartbeat, TimeProvider time, HubCounters? counters = null,
    Transport transport = default)
{
    private readonly long _openedAt = time.GetUtcNow().ToUnixTimeMilliseconds();
    private Reader _reader = reader;
    private SubscribedTopics? _topics;
    private ReaderChange? _change;
    private StrongBox<Closing>? _closing;
    private volatile bool _ended;
    private bool _hasCaughtUp;

    public Reader Reader => Volatile.Read(ref _reader);

    /// <summary>Why the server ended it; null if it has not.</summary>
    public CloseReason? ClosedFor { get; private set; }

    /// <summary>The last sequence that its reader was handed in each topic; empty before it begins. Any thread may ask.</summary>
    public IReadOnlyList<(Topic Topic, long Sequence)> Reached => Volatile.Read(ref _topics)?.Reached ?? [];

    /// <summary>True if everything stored has been read, and nothing has happened since.</summary>
    public bool IsIdle => source.WakeUp.IsAsleep;

    /// <summary>Ends the stream with this as its last item. Only the first reason counts.</summary>
    public void Close(CloseReason reason, TimeSpan reconnectIn)
    {
        Interlocked.CompareExchange(ref _closing, new(new(reason, reconnectIn)), null);
        source.WakeUp.Call();
    }

    /// <summary>Ends the stream without a last item: its reader has opened another one, or gets the last item in another way.</summary>
    /// <param name="reason">Why the server ends it, if it does.</param>
    public void End(CloseReason? reason = null)
    {
        ClosedFor = reason;
        _ended = true;
        source.WakeUp.Call();
    }

    /// <summary>Call this after the reader's token expires at another time than before.</summary>
    public void ExpiryHasMoved() => source.WakeUp.Call();

    /// <summary>
    /// Follows other topics from now on. When this completes, nothing more of the topics that are gone will be read. One call at a time.
    /// </summary>
    /// <returns>False if nothing has changed: the store cannot be read now, or the reader does not take its items.</returns>
    public async Task<bool> ChangeAsync(Reader next)
    {
        using var change = new ReaderChange(next, time);
        Volatile.Write(ref _change, change);
        source.WakeUp.Call();
        if (_ended) change.EndsWithoutIt();
        return await change.IsDone;
    }

    /// <summary>The items, each valid until the next is asked for. Enumerate only once. Ends without an exception when cancelled.</summary>
    public async IAsyncEnumerable<CurrentItem> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        try
        {
            if (_closing is { Value: var refused })
            {
                yield return Count(new CurrentItem(cursor: null).AsClosing(refused));
                yield break;
            }

            using var clock = new SubscriptionClock(Reader, heartbeat, source.WakeUp, time);
            using var cancelled = cancel.UnsafeRegister(static wakeUp => ((WakeUp)wakeUp!).Call(), source.WakeUp);

            // 1. Subscribe first, so that nothing stored from now on is missed. 2. Find the position to begin at.
            if ((_topics = await TryStartAsync(cancel)) is null)
            {
                if (!cancel.IsCancellationRequested)
                    yield return Count(new CurrentItem(cursor: null).AsClosing(ReconnectSchedule.Unavailable()));
                yield break;
            }

            // 3. The position comes first: a reader that is cut off before its first notification still knows where it was.
            yield return _topics.Item.AsPosition();
            if (start is StartAt.Unknown) yield return Count(_topics.Item.AsGap(null, new Gap(null, null, GapReason.Reset)));

            // 4. Replay, then live: everything in the tails and the log, oldest first. Then sleep until a tail or the clock calls.
            Action? retrySoon = source.Tails is null ? null : clock.RetrySoon;
            while (!cancel.IsCancellationRequested && !_ended)
            {
                if (EndsNow(clock) is { } closing)
                {
                    yield return Count(_topics.Item.AsClosing(closing));
                    yield break;
                }

                // A connected reader stays connected: closing would turn a short outage of the store into a stampede.
                await _topics.FetchAsync(retrySoon, cancel);
                if (Volatile.Read(ref _change) is { } change)
                {
                    if (!await TryChangeAsync(change, clock, cancel)) continue;
                    // The new position tells the reader that it follows other topics now.
                    yield return _topics.Item.AsPosition();
                }
                else if (_topics.TryTakeNext())
                {
                    using (StartDelivery(_topics.Item)) yield return Count(_topics.Item);
                    CountWritten(_topics.Item);
                }
                else if (source.Tails is null) yield break;
                else if (clock.HeartbeatIsDue) yield return _topics.Item.AsPosition();
                else
                {
                    _topics.Item.Clear();
                    clock.Arm();
                    await source.WakeUp.WaitAsync();
                    continue;
                }
                clock.ItemWasTaken();
            }
        }
        finally
        {
            _ended = true;
            // Ended first, then the change: one that comes now is found here or finds that this has ended.
            Interlocked.MemoryBarrier();
            Volatile.Read(ref _change)?.EndsWithoutIt();
            _topics?.Leave();
        }
    }

    private async ValueTask<SubscribedTopics?> TryStartAsync(CancellationToken cancel)
    {
        try
        {
            return await SubscribedTopics.StartAsync(Reader, start, source, cancel);
        }
        catch (LogUnavailableException) when (source.Tails is not null)
        {
            return null;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    private async ValueTask<bool> TryChangeAsync(ReaderChange change, SubscriptionClock clock, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel, change.GivenUp);
        try
        {
            var (before, next) = (_topics!, await _topics!.ContinueAsync(change.Reader, limit.Token));
            if (!change.TryDecide())
            {
                next.Leave(except: before);
                return false;
            }
            before.Leave(except: next);
            (_topics, clock.Reader) = (next, change.Reader);
            Volatile.Write(ref _reader, change.Reader);
            change.Succeed();
            return true;
        }
        catch (Exception failed) when (failed is LogUnavailableException or OperationCanceledException)
        {
            change.Fail();
            return false;
        }
        finally
        {
            Interlocked.CompareExchange(ref _change, null, change);
        }
    }

    private Closing? EndsNow(SubscriptionClock clock) => _closing?.Value ?? (clock.TokenExpires ? ReconnectSchedule.TokenExpired : null);

    private CurrentItem Count(CurrentItem item)
    {
        if (item.Closing is { } last) ClosedFor = last.Reason;
        if (counters is null) return item;
        if (item.Kind == FeedItemKind.Gap) counters.Gaps.Add(item.Gap!.Value.Reason);
        else if (item.Closing is { } closing) counters.Closings.Add(closing.Reason);
        else if (IsLive(item)) counters.Live.Add(transport);
        else
        {
            counters.Replays.Add(transport);
            if (!_hasCaughtUp) counters.CountCatchUp();
            _hasCaughtUp = true;
        }
        return item;
    }

    private HubTraces.Delivery StartDelivery(CurrentItem item) => item.Kind == FeedItemKind.Notification && counters is not null
        ? HubTraces.StartDelivery(item.Notification!, transport, isReplay: !IsLive(item))
        : default;

    // When the next item is asked for, this one has been written to the connection. The stamp is the store's clock, which may be another
    // machine's: close enough for a plot.
    private void CountWritten(CurrentItem item)
    {
        if (item.Kind == FeedItemKind.Notification && IsLive(item))
            counters?.CountWritten(transport, time.GetUtcNow().ToUnixTimeMilliseconds() - item.Notification!.Position.Stamp);
    }

    private bool IsLive(CurrentItem item) => item.Notification!.Position.Stamp >= _openedAt;
}
