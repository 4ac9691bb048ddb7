using Realtime.Server.Notifications;

namespace Realtime.Server.Backplane.Redis;

/// <summary>A topic that this node subscribes to: its listener, and how far the announcements have come.</summary>
internal sealed class AnnouncedTopic(Topic topic, IBackplaneListener listener)
{
    private readonly Lock _gate = new();
    private int _checks;            // asked for since the running one began, itself included
    private Position? _known;       // guarded by _gate; null: nothing announced and never compared

    public Topic Topic { get; } = topic;

    public IBackplaneListener Listener { get; } = listener;

    /// <summary>Completes when the subscription is confirmed or lost. Guarded by the owner's lock.</summary>
    public Task Ready { get; set; } = Task.CompletedTask;

    /// <summary>The last position that was announced, or found in the log.</summary>
    public Position? Known { get { lock (_gate) return _known; } }

    /// <returns>True: the caller runs the check. False: the running one is followed by another.</returns>
    public bool BeginCheck() => Interlocked.Increment(ref _checks) == 1;

    public int Checks => Volatile.Read(ref _checks);

    /// <returns>False: another check was asked for meanwhile.</returns>
    public bool EndCheck(int seen) => Interlocked.CompareExchange(ref _checks, 0, seen) == seen;

    public void OnAnnouncement(Notification notification)
    {
        lock (_gate) _known = notification.Position;
        Listener.OnAnnouncement(notification);
    }

    /// <summary>Notifies the listener if the log's head is another one than the last announcement's.</summary>
    /// <param name="known">What was known when the log was asked. If announcements have arrived since, none is lost.</param>
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
