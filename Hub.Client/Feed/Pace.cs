namespace Realtime.Client.Feed;

/// <summary>
/// Tells a catching-up stream from a live one by how fast the notifications' own time passes, whatever clocks their publishers have.
/// </summary>
/// <remarks>
/// Missed notifications arrive in less time than they were sent in. A reader that receives at the rate of sending has caught up.
/// </remarks>
internal sealed class Pace(TimeProvider time)
{
    private long? _since;                 // when the current measurement began
    private DateTimeOffset _newestThen;   // the newest notification at that time
    private DateTimeOffset _newest;

    /// <summary>Whether the stream was live in a stretch of <see cref="FeedLimits.PaceMeasure"/>. Once true, it stays so.</summary>
    public bool IsLive { get; private set; }

    /// <param name="sent">The time at which the notification that has just arrived was sent.</param>
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
