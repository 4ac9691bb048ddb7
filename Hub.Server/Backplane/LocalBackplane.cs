using System.Collections.Concurrent;
using Realtime.Server.Node;
using Realtime.Server.Notifications;

namespace Realtime.Server.Backplane;

/// <summary>One node: the log announces directly, on the thread that stored the notification.</summary>
internal sealed class LocalBackplane : IBackplane, IMeasuredBackplane
{
    private readonly ConcurrentDictionary<Topic, IBackplaneListener> _listeners = new();

    TimeSpan? IMeasuredBackplane.BeaconAge => null;

    public ValueTask ListenAsync(Topic topic, IBackplaneListener listener, CancellationToken cancel)
    {
        _listeners[topic] = listener;
        return ValueTask.CompletedTask;
    }

    public ValueTask IgnoreAsync(Topic topic, IBackplaneListener listener)
    {
        _listeners.TryRemove(KeyValuePair.Create(topic, listener));
        return ValueTask.CompletedTask;
    }

    /// <summary>Called by the log, in order for each topic.</summary>
    public void Announce(Topic topic, Notification notification)
    {
        if (_listeners.TryGetValue(topic, out var listener)) listener.OnAnnouncement(notification);
    }
}
