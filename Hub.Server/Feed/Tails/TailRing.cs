using System.Numerics;
using Realtime.Server.Notifications;

namespace Realtime.Server.Feed.Tails;

/// <summary>A queue with access by sequence that grows as needed. The caller must keep its content contiguous.</summary>
internal sealed class TailRing
{
    private (Notification Notification, long Since)[] _items = [];
    private int _first;

    public int Count { get; private set; }

    public (Notification Notification, long Since) Oldest => _items[_first];

    /// <summary>
    /// The index of the notification with a sequence. An index outside 0 … <see cref="Count"/> − 1 means that it is not here.
    /// </summary>
    public long IndexOf(long sequence) => Count == 0 ? -1 : sequence - Oldest.Notification.Position.Sequence;

    public Notification this[int index] => _items[(_first + index) & (_items.Length - 1)].Notification;

    public void Add(Notification notification, long since)
    {
        if (Count == _items.Length) Resize(Math.Max(4, Count * 2));
        _items[(_first + Count++) & (_items.Length - 1)] = (notification, since);
    }

    public Notification RemoveOldest()
    {
        var oldest = Oldest.Notification;
        _items[_first] = default;
        _first = (_first + 1) & (_items.Length - 1);
        Count--;
        return oldest;
    }

    public void TrimExcess()
    {
        if (Count < _items.Length / 4) Resize(Count);
    }

    // A power of two, so that wrapping around is one bit operation.
    private void Resize(int capacity)
    {
        var items = capacity == 0 ? [] : new (Notification, long)[BitOperations.RoundUpToPowerOf2((uint)capacity)];
        for (var i = 0; i < Count; i++) items[i] = _items[(_first + i) & (_items.Length - 1)];
        (_items, _first) = (items, 0);
    }
}
