using Realtime.Server.Feed.Tails;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;

namespace Realtime.Server.Feed;

/// <summary>The topics that a subscription follows now, and its position in each. A set of other topics is another object.</summary>
internal sealed class SubscribedTopics
{
    private readonly FeedSource _source;
    private readonly TopicCursor[] _topics;
    private readonly CursorBuffer _cursor;

    private SubscribedTopics(Reader reader, FeedSource source, Cursor? before, Func<Topic, TopicCursor> cursorOf)
    {
        _source = source;
        _topics = [.. reader.Topics.Select(cursorOf)];
        _cursor = new CursorBuffer(reader.Topics, source.Cursors)
        {
            Kept = reader.GroupsAreUnknown ? before?.GroupsBeside(reader.Topics) : null,
        };
        Item = new CurrentItem(_cursor);
    }

    /// <summary>The item that was taken last.</summary>
    public CurrentItem Item { get; }

    /// <summary>The last sequence of each topic that was taken. Another thread may ask: a sequence is read as a whole.</summary>
    public IReadOnlyList<(Topic Topic, long Sequence)> Reached => [.. _topics.Select((topic, i) => (topic.Topic, _cursor[i].Sequence))];

    /// <summary>
    /// Joins the topics' tails first, so that nothing stored from now on is missed, and then finds the position to begin at.
    /// </summary>
    public static async ValueTask<SubscribedTopics> StartAsync(
        Reader reader, StartAt start, FeedSource source, CancellationToken cancel)
    {
        var cursor = (start as StartAt.After)?.Cursor;
        var started = new SubscribedTopics(reader, source, cursor, topic => source.CursorOf(topic, reader));
        try
        {
            foreach (var topic in started._topics) await source.JoinAsync(topic, cancel);
            var acknowledged = start is StartAt.Unacknowledged or StartAt.Unknown
                ? await source.Log.ReadAcknowledgedAsync(reader.User, cancel)
                : null;
            var named = cursor?.PositionsIn(reader.Topics);
            for (var i = 0; i < started._topics.Length; i++)
                started._cursor.Move(i, await source.StartAsync(started._topics[i], start, named?[i], acknowledged, cancel));
            return started;
        }
        catch
        {
            started.Leave();
            throw;
        }
    }

    /// <summary>
    /// The topics of a reader whose access has changed. Those that it had before continue; the others begin where the reader's cursor says,
    /// or at their latest. This set stays as it is.
    /// </summary>
    public async ValueTask<SubscribedTopics> ContinueAsync(Reader reader, CancellationToken cancel)
    {
        var before = Cursor.Of(_cursor, reader.User);
        var next = new SubscribedTopics(reader, _source, before, topic => Find(topic) ?? _source.CursorOf(topic, reader));
        try
        {
            foreach (var topic in next.NotIn(this)) await _source.JoinAsync(topic, cancel);
            var (start, named) = (new StartAt.After(before), before.PositionsIn(reader.Topics));
            for (var i = 0; i < next._topics.Length; i++)
            {
                var topic = next._topics[i];
                var continued = Array.IndexOf(_topics, topic);
                next._cursor.Move(i, continued >= 0
                    ? _cursor[continued]
                    : await _source.StartAsync(topic, start, named[i], acknowledged: null, cancel));
            }
            return next;
        }
        catch
        {
            next.Leave(except: this);
            throw;
        }
    }

    /// <summary>Leaves the topics' tails.</summary>
    /// <param name="except">These topics are still needed.</param>
    public void Leave(SubscribedTopics? except = null)
    {
        foreach (var topic in except is null ? _topics : NotIn(except)) topic.LeaveTail();
    }

    /// <summary>Fetches what follows in each topic.</summary>
    /// <param name="isUnavailable">Called for a topic that cannot be read now; null: the exception goes to the caller.</param>
    public async ValueTask FetchAsync(Action? isUnavailable, CancellationToken cancel)
    {
        foreach (var topic in _topics)
        {
            try
            {
                await topic.FetchAsync(_source.Log, cancel);
            }
            catch (LogUnavailableException) when (isUnavailable is not null)
            {
                isUnavailable();
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Turns <see cref="Item"/> into the oldest of what was fetched.</summary>
    public bool TryTakeNext()
    {
        var oldest = -1;
        Notification? notification = null;
        for (var i = 0; i < _topics.Length; i++)
        {
            if (_topics[i].TryTakeGap(out var gap, out var end))
            {
                _cursor.Move(i, end);
                Item.AsGap(_topics[i].Topic, gap);
                return true;
            }
            if (_topics[i].TryPeek(out var next) && !(next.Position.Stamp >= notification?.Position.Stamp))
                (oldest, notification) = (i, next);
        }

        if (notification is null) return false;
        var topic = _topics[oldest].Topic;
        _topics[oldest].Take(notification);
        _cursor.Move(oldest, notification.Position);
        // Older versions accepted such a depth. Clients' parsers would refuse the notification, or skip it silently.
        if (notification.Depth > _source.Depth)
            Item.AsGap(topic, new Gap(notification.Previous.Sequence, notification.Position.Sequence + 1, GapReason.Reset));
        else Item.AsNotification(topic, notification);
        return true;
    }

    private TopicCursor? Find(Topic topic) => Array.Find(_topics, known => known.Topic == topic);

    private IEnumerable<TopicCursor> NotIn(SubscribedTopics other) => _topics.Where(topic => Array.IndexOf(other._topics, topic) < 0);
}
