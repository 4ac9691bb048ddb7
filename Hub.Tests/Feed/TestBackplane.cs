using System.Collections.Concurrent;
using Realtime.Server.Backplane;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Feed;

/// <summary>Says what the test says, and nothing by itself.</summary>
internal sealed class TestBackplane : IBackplane
{
    private readonly ConcurrentDictionary<Topic, IBackplaneListener> _listeners = new();

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

    public void Announce(Topic topic, Notification notification)
    {
        if (_listeners.TryGetValue(topic, out var listener)) listener.OnAnnouncement(notification);
    }

    public void MayHaveMissed()
    {
        foreach (var listener in _listeners.Values) listener.MayHaveMissed();
    }
}
