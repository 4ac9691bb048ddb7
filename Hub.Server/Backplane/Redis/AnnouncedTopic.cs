using Realtime.Server.Notifications;

namespace Realtime.Server.Backplane.Redis;

/// <summary>A topic that this node subscribes to, with its listener and the last position that was announced.</summary>
internal sealed class AnnouncedTopic(Topic topic, IBackplaneListener listener)
{
    private readonly Lock _gate = new();
    private int _checks;            // requested since the running one began, including it
    private Position? _known;       // guarded by _gate; null: nothing announced or found in the log yet

    public Topic Topic { get; } = topic;

    public IBackplaneListener Listener { get; } = listener;

    /// <summary>Completes when the subscription is confirmed or lost. Guarded by the owner's lock.</summary>
    public Task Ready { get; set; } = Task.CompletedTask;

    /// <summary>The last position that was announced, or found in the log.</summary>
    public Position? Known { get { lock (_gate) return _known; } }

    /// <returns>True if the caller must run the check; false if one is running, which another will follow.</returns>
    public bool BeginCheck() => Interlocked.Increment(ref _checks) == 1;

    public int Checks => Volatile.Read(ref _checks);

    /// <returns>False if another check was requested meanwhile.</returns>
    public bool EndCheck(int seen) => Interlocked.CompareExchange(ref _checks, 0, seen) == seen;

    public void OnAnnouncement(Notification notification)
    {
        lock (_gate) _known = notification.Position;
        Listener.OnAnnouncement(notification);
    }

    /// <summary>Notifies the listener that the log's head differs from the last announcement.</summary>
    /// <param name="known">
    /// The value of <see cref="Known"/> before the head was read. If it has changed since, announcements are arriving and none
    /// counts as lost.
    /// </param>
    /// <returns>True if the listener was notified.</returns>
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
