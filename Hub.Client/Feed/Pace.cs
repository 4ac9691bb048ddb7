namespace Realtime.Client.Feed;

/// <summary>
/// Tells a stream that catches up from a live one by how fast the notifications' own time passes, whatever clocks their publishers have.
/// </summary>
/// <remarks>
/// What was missed arrives in less time than it was sent in. A reader that gets no more than is sent in the same time is as far as it will
/// ever be.
/// </remarks>
internal sealed class Pace(TimeProvider time)
{
    private long? _since;                 // when what is measured now began
    private DateTimeOffset _newestThen;   // the newest notification at that time
    private DateTimeOffset _newest;

    /// <summary>Whether the stream was live in a stretch of <see cref="FeedLimits.PaceMeasure"/>. Once true, it stays so.</summary>
    public bool IsLive { get; private set; }

    /// <param name="sent">When a notification that has just arrived was sent.</param>
    public void Arrived(DateTimeOffset sent)
    {
        if (sent > _newest) _newest = sent;
        if (_since is { } since)
        {
            var passed = time.GetElapsedTime(since);
            if (passed < FeedLimits.PaceMeasure) return;
            if (_newest - _newestThen <= passed * FeedLimits.LivePace) IsLive = true;
        }
        (_since, _newestThen) = (time.GetTimestamp(), _newest);
    }
}
