namespace Realtime.Server.Log.Sqlite.Writing;

/// <summary>
/// The writes that wait for the writer. Callers add, the writer takes all of them, and the watch answers those that have waited too long.
/// </summary>
/// <param name="standBack">Lets the threads that wait for the writer's processor run; a test adds its own writes there.</param>
internal sealed class WriteQueue(Action? standBack = null)
{
    /// <summary>Writes that may wait; further ones are refused at once.</summary>
    public const int Capacity = 4_096;

    /// <summary>Writes that justify a commit: with this many, the writer does not stand back for more.</summary>
    public const int GoodGroup = 64;

    private readonly Action _standBack = standBack ?? (static () => Thread.Yield());
    private readonly object _gate = new();                  // not a Lock: the writer waits on it for work
    private List<IPendingWrite> _waiting = new(Capacity);   // guarded by _gate
    private List<IPendingWrite> _taken = new(Capacity);     // changed under _gate; read by the writer
    private readonly List<IPendingWrite> _held = [];        // guarded by _gate
    private bool _asleep;                                   // guarded by _gate
    private bool _upkeep;                                   // guarded by _gate
    private bool _closed;                                   // guarded by _gate

    /// <summary>Writes that have no result yet, as far as they are not being written at this moment.</summary>
    public int Waiting { get { lock (_gate) return _waiting.Count + _held.Count; } }

    /// <returns>False if the queue is full or closed.</returns>
    public bool TryAdd(IPendingWrite write)
    {
        lock (_gate)
        {
            if (_closed || _waiting.Count + _held.Count >= Capacity) return false;
            _waiting.Add(write);
            Wake();
            return true;
        }
    }

    /// <summary>Asks the writer to do some upkeep as soon as the waiting writes are done.</summary>
    public void AskForUpkeep()
    {
        lock (_gate)
        {
            _upkeep = true;
            Wake();
        }
    }

    /// <summary>A taken write will be finished later, after further ones were taken: until then there is work.</summary>
    public void Hold(IPendingWrite write)
    {
        lock (_gate) _held.Add(write);
    }

    /// <summary>A held write is finished.</summary>
    public void LetGo(IPendingWrite write)
    {
        lock (_gate) _held.Remove(write);
    }

    /// <summary>Waits for work. The writes taken last must be finished, or held.</summary>
    /// <param name="writes">All waiting writes, in order; valid until the next call.</param>
    /// <returns>False when the queue is closed and empty.</returns>
    public bool Take(out IReadOnlyList<IPendingWrite> writes, out bool upkeep)
    {
        AwaitWork();
        LetOthersAdd();
        lock (_gate)
        {
            (_waiting, _taken) = (_taken, _waiting);
            (upkeep, _upkeep) = (_upkeep, false);
            writes = _taken;
            return writes.Count > 0 || _held.Count > 0 || !_closed;
        }
    }

    /// <summary>Answers all writes, waiting or under way, that were queued at or before a time.</summary>
    public void FailQueuedBy(long timestamp, string message)
    {
        lock (_gate)
        {
            Fail(_held, timestamp, message);
            Fail(_taken, timestamp, message);
            Fail(_waiting, timestamp, message);
        }
    }

    /// <summary>Accepts no more writes. The waiting ones are still written.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Wake();
        }
    }

    private int Count { get { lock (_gate) return _waiting.Count; } }

    private void AwaitWork()
    {
        lock (_gate)
        {
            _taken.Clear();
            while (_waiting.Count == 0 && _held.Count == 0 && !_upkeep && !_closed)
            {
                _asleep = true;
                Monitor.Wait(_gate);
                _asleep = false;
            }
        }
    }

    /// <summary>
    /// Lets the threads that this one would block run first, as long as that brings writes. A commit costs about the same for one write as
    /// for thirty, and the disk wakes the writer in the middle of others' publishing. If no thread waits for the processor, this is one
    /// system call.
    /// </summary>
    private void LetOthersAdd()
    {
        for (int before = 0, now; (now = Count) > before && now < GoodGroup; before = now) _standBack();
    }

    private void Wake()
    {
        if (_asleep) Monitor.Pulse(_gate);
    }

    private static void Fail(List<IPendingWrite> writes, long timestamp, string message)
    {
        foreach (var write in writes)
        {
            if (write.QueuedAt > timestamp) return;   // the rest came later
            if (!write.IsAnswered) write.Fail(new LogUnavailableException(message));
        }
    }
}
