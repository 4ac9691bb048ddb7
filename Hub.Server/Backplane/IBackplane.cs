using Realtime.Server.Notifications;

namespace Realtime.Server.Backplane;

/// <summary>
/// Announces to nodes what was stored. It is a hint: announcements may be lost, doubled or swapped; listeners repair themselves from the
/// log.
/// </summary>
internal interface IBackplane
{
    /// <summary>Begins to listen: what is stored after this has completed is announced, unless the announcement is lost.</summary>
    /// <remarks>One listener a topic. Announcements come one at a time for a topic, from any thread; the listener must not block.</remarks>
    ValueTask ListenAsync(Topic topic, IBackplaneListener listener, CancellationToken cancel);

    /// <summary>Ends listening. Does nothing if <paramref name="listener"/> is not the one that listens to the topic now.</summary>
    ValueTask IgnoreAsync(Topic topic, IBackplaneListener listener);
}

/// <summary>Receives the announcements of a topic.</summary>
internal interface IBackplaneListener
{
    /// <summary>The notification was stored, if the announcement is true.</summary>
    void OnAnnouncement(Notification notification);

    /// <summary>Announcements may have been lost: the log has to be read.</summary>
    void MayHaveMissed();
}
