using Realtime.Server.Notifications;

namespace Realtime.Server.Backplane.Redis;

/// <summary>A topic that this node listens to: who wants to know, and how far the announcements have come.</summary>
internal sealed class HeardTopic(Topic topic, IBackplaneListener listener)
{
    private readonly Lock _gate = new();
    private Position? _known;       // guarded by _gate; null: nothing heard and never compared

    public Topic Topic { get; } = topic;

    public IBackplaneListener Listener { get; } = listener;

    /// <summary>The last position that was announced, or found in the log.</summary>
    public Position? Known { get { lock (_gate) return _known; } }

    public void Hear(Notification notification)
    {
        lock (_gate) _known = notification.Position;
        Listener.Heard(notification);
    }

    /// <summary>The log has another head than the announcements so far have told.</summary>
    /// <param name="known">What was known when the log was asked. If more has come since, the announcements are not lost.</param>
    /// <returns>Whether the listener had to be told.</returns>
    public bool Missed(Position? known, Position head)
    {
        lock (_gate)
        {
            if (_known != known) return false;
            _known = head;
        }
        Listener.MayHaveMissed();
        return true;
    }
}
