using System.Diagnostics;
using Realtime.Server.Backplane;
using Realtime.Server.Log;
using Realtime.Server.Node;
using Realtime.Server.Notifications;

namespace Realtime.Server.Feed.Tails;

/// <summary>The last notifications of a topic, shared by all its readers on this node.</summary>
/// <remarks>
/// The content is always contiguous. A notification that does not continue the content replaces it, and readers at other positions read
/// the log. So a message that the backplane loses, duplicates, reorders or invents costs a read, never a notification.
/// </remarks>
internal sealed class TopicTail(Topic topic, INotificationLog log, TailMemory memory, Counts<HoleEvidence> holes, TimeProvider time)
    : IBackplaneListener
{
    private readonly Lock _gate = new();
    private readonly List<TailSeat> _seats = [];                            // guarded by _gate
    private readonly TailRing _ring = new();                                // guarded by _gate
    private readonly SharedReads _reads = new(topic, log);
    private Position? _head;                                                // guarded by _gate; null: unknown
    private long _bytes;                                                    // guarded by _gate
    private long _erased;                                                   // guarded by _gate; an announcement up to it comes late
    private long _version;                                                  // guarded by _gate
    private long _certainFrom = -1;                                         // guarded by _gate; the version after the last doubt

    public Topic Topic { get; } = topic;

    /// <summary>Changes with every announcement. A reader that found the log's end at this version need not read the log again.</summary>
    public long Version { get { lock (_gate) return _version; } }

    public bool HasReaders => Readers > 0;

    public int Readers { get { lock (_gate) return _seats.Count; } }

    public void Add(TailSeat seat)
    {
        lock (_gate)
        {
            seat.Index = _seats.Count;
            _seats.Add(seat);
        }
    }

    public void Remove(TailSeat seat)
    {
        lock (_gate)
        {
            var last = _seats[^1];
            _seats[seat.Index] = last;
            last.Index = seat.Index;
            _seats.RemoveAt(_seats.Count - 1);
        }
    }

    /// <summary>Copies what follows a reader's position, and moves it.</summary>
    /// <param name="endVersion">The version at which the reader found the end of the log, or -1.</param>
    /// <param name="readVersion">
    /// The version at which it last read the log, or -1. After a doubt it must read the log once, even if the content seems to follow: a
    /// lost notification may have had the number and the stamp of the one that took its place, and only the log can compare their tags.
    /// </param>
    /// <returns>False if the reader must read the log.</returns>
    public bool TryRead(TailSeat seat, ref Position after, long endVersion, long readVersion, Queue<Notification> target)
    {
        lock (_gate)
        {
            if (endVersion != _version && (readVersion < _certainFrom || !TryCopy(ref after, target))) return false;
            seat.Taken = after.Sequence;
            DropTaken();
            return true;
        }
    }

    /// <summary>Reads the log; readers that miss the same range at the same version share one read.</summary>
    /// <inheritdoc cref="SharedReads.ReadAsync"/>
    public ValueTask<LogPage> ReadLogAsync(
        Position? after, PageLimit limit, long version, Func<Func<ValueTask<LogPage>>, ValueTask<LogPage>> inTurn,
        CancellationToken cancel) =>
        _reads.ReadAsync(new(after, limit, version), inTurn, cancel);

    public void OnAnnouncement(Notification notification)
    {
        lock (_gate)
        {
            if (notification.Position.Sequence <= _erased) Forget();
            else if (_head is { } head && notification.Position.Sequence <= head.Sequence)
            {
                if (IsRepeat(notification, head)) return;
                holes.Add(HoleEvidence.Announcement);
                Forget();
            }
            else
            {
                // After a hole the content continues nothing: a reader that lacks the rest reads the log.
                if (_head is not { } previous) Clear();
                else if (!notification.Follows(previous))
                {
                    holes.Add(HoleEvidence.Announcement);
                    Clear();
                }
                Append(notification);
            }
            WakeReaders();
        }
    }

    public void MayHaveMissed()
    {
        lock (_gate)
        {
            Forget();
            WakeReaders();
        }
    }

    /// <summary>An operator has erased the topic up to a sequence: drops all copies, also those that readers have fetched.</summary>
    public void Erase(long upTo)
    {
        lock (_gate)
        {
            _erased = Math.Max(_erased, upTo);
            Forget();
            foreach (var seat in _seats) seat.Forget();
            WakeReaders();
        }
    }

    /// <summary>Drops what is older than <see cref="FeedLimits.TailAge"/>; readers have it by then, or read the log.</summary>
    public void DropOld()
    {
        lock (_gate)
        {
            while (_ring.Count > 0 && time.GetElapsedTime(_ring.Oldest.Since) >= FeedLimits.TailAge) DropOldest();
            _ring.TrimExcess();
        }
    }

    /// <summary>Releases the memory. The tail must not be used afterwards.</summary>
    public void Retire()
    {
        lock (_gate) Forget();
    }

    // A log that was rewound counts again from where it was cut, so a sequence comes with another stamp. A notification that cannot be told
    // apart from that is treated alike: the tail's content is not reliable then, and readers read the log.
    private bool IsRepeat(Notification notification, Position head)
    {
        var index = _ring.IndexOf(notification.Position.Sequence);
        return (index >= 0 && index < _ring.Count ? _ring[(int)index].Position : head).Is(notification.Position);
    }

    private bool TryCopy(ref Position after, Queue<Notification> target)
    {
        if (_head is { } head && after.Is(head)) return true;
        var next = _ring.IndexOf(after.Sequence + 1);
        if (next < 0 || next >= _ring.Count || !_ring[(int)next].Follows(after)) return false;
        for (var i = (int)next; i < _ring.Count; i++) target.Enqueue(_ring[i]);
        after = _head!.Value;
        return true;
    }

    // Safe to drop: a new reader always starts from the log. Dropped now, the notification dies young; after half a minute the garbage
    // collector would have promoted it through its generations.
    private void DropTaken()
    {
        if (_seats.Count > FeedLimits.FewReaders) return;
        var taken = long.MaxValue;
        foreach (var seat in _seats) taken = Math.Min(taken, seat.Taken);
        while (_ring.Count > 0 && _ring.Oldest.Notification.Position.Sequence <= taken) DropOldest();
    }

    private void Append(Notification notification)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        _ring.Add(notification, time.GetTimestamp());
        _head = notification.Position;
        _bytes += notification.Body.Length;
        memory.Add(notification.Body.Length);
        while (_ring.Count > FeedLimits.TailCount || (_ring.Count > 1 && (_bytes > FeedLimits.TailBytes || memory.IsExhausted)))
            DropOldest();
    }

    private void DropOldest()
    {
        var length = _ring.RemoveOldest().Body.Length;
        _bytes -= length;
        memory.Add(-length);
    }

    private void Clear()
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        while (_ring.Count > 0) DropOldest();
    }

    private void Forget()
    {
        Clear();
        _head = null;
        _certainFrom = _version + 1;   // WakeReaders follows
    }

    private void WakeReaders()
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        _version++;
        foreach (var seat in _seats) seat.Wake();
    }
}
