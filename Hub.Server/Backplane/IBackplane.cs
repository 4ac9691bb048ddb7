using Realtime.Server.Notifications;

namespace Realtime.Server.Backplane;

/// <summary>
/// Announces stored notifications to nodes. Announcements are a hint: they may be lost, duplicated or reordered; listeners recover from
/// the log.
/// </summary>
internal interface IBackplane
{
    /// <summary>Subscribes. Notifications stored after this has completed are announced, unless the announcement is lost.</summary>
    /// <remarks>One listener per topic. A topic's announcements arrive one at a time, on any thread; the listener must not block.</remarks>
    ValueTask ListenAsync(Topic topic, IBackplaneListener listener, CancellationToken cancel);

    /// <summary>Unsubscribes. Does nothing if <paramref name="listener"/> is not the topic's current listener.</summary>
    ValueTask IgnoreAsync(Topic topic, IBackplaneListener listener);
}

/// <summary>Receives the announcements of a topic.</summary>
internal interface IBackplaneListener
{
    /// <summary>The notification was stored, if the announcement is genuine.</summary>
    void OnAnnouncement(Notification notification);

    /// <summary>Announcements may have been lost: the listener must read the log.</summary>
    void MayHaveMissed();
}
