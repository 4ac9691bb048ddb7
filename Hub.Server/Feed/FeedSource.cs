using Realtime.Server.Feed.Tails;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;

namespace Realtime.Server.Feed;

/// <summary>Where a subscription gets its notifications from, and how much at a time.</summary>
/// <param name="Tails">If null, the stream ends where the log ends now, and the caller handles a log that cannot be read.</param>
/// <param name="Page">How much one read of the log fetches. All topics share the bytes (at least one notification each).</param>
/// <param name="Depth">Levels of nesting that the transport has room for, see <see cref="JsonDepth"/>.</param>
/// <param name="Replays">Gives the user's streams their turns to read the log; null if the log itself bounds reads.</param>
internal sealed record FeedSource(
    INotificationLog Log, TopicTails? Tails, CursorChoice Cursors, PageLimit Page, int Depth, UserReads? Replays = null)
{
    /// <summary>Wakes the subscription when there is something to fetch.</summary>
    public WakeUp WakeUp { get; } = new();

    public TopicCursor CursorOf(Topic topic, Reader reader) =>
        new(topic, Page with { Bytes = Page.Bytes / reader.Topics.Count }, WakeUp, reader.User, Replays);

    public async ValueTask JoinAsync(TopicCursor topic, CancellationToken cancel)
    {
        if (Tails is not null) topic.Tail = await Tails.JoinAsync(topic.Topic, topic, cancel);
    }

    /// <summary>Lets a topic begin where the reader wants to.</summary>
    /// <param name="named">The position that the reader's cursor names.</param>
    public ValueTask<Position> StartAsync(
        TopicCursor topic, StartAt start, Position? named, IReadOnlyDictionary<Topic, Position>? acknowledged, CancellationToken cancel) =>
        start switch
        {
            StartAt.Latest => topic.StartAtLatestAsync(Log, cancel),
            StartAt.After => named is { } position ? new(topic.StartAfter(position)) : topic.StartAtLatestAsync(Log, cancel),
            _ => acknowledged is not null && acknowledged.TryGetValue(topic.Topic, out var seen)
                ? new(topic.StartAfter(seen))
                : topic.StartAtEarliestAsync(Log, cancel),
        };
}
