using Realtime.Server.Notifications;

namespace Realtime.Server.Backplane;

/// <summary>
/// Tells nodes what was stored. It is a hint: announcements may be lost, doubled or swapped; whoever listens repairs itself from the log.
/// </summary>
internal interface IBackplane
{
    /// <summary>Begins to listen: what is stored after this has completed is announced, unless it gets lost.</summary>
    /// <remarks>One listener a topic. Announcements come one at a time for a topic, from any thread; the listener must not block.</remarks>
    ValueTask ListenAsync(Topic topic, IBackplaneListener listener, CancellationToken cancel);

    /// <summary>Ends listening. Does nothing if <paramref name="listener"/> is not the one that listens to the topic now.</summary>
    ValueTask IgnoreAsync(Topic topic, IBackplaneListener listener);
}

/// <summary>Who wants to know what was stored in a topic.</summary>
internal interface IBackplaneListener
{
    /// <summary>This was stored, if the announcement is true.</summary>
    void Heard(Notification notification);

    /// <summary>Announcements may have been lost: the log knows.</summary>
    void MayHaveMissed();
}
