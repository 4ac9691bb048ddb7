using System.Diagnostics.CodeAnalysis;
using Realtime.Server.Log;
using Realtime.Server.Notifications;

namespace Realtime.Server.Feed.Tails;

/// <summary>One topic of one subscription: notifications that are fetched but not yet delivered, and the position to fetch from.</summary>
/// <remarks>Used by one thread at a time, except for <see cref="Wake"/> and <see cref="Forget"/>.</remarks>
internal sealed class TopicCursor(Topic topic, PageLimit pageLimit, WakeUp wakeUp, string user = "", UserReads? replays = null) : TailSeat
{
    private Queue<Notification>? _pending = new();   // null: it was dropped by another thread
    private Position _fetched;
    private Position _delivered;
    private (Gap Gap, Position End)? _gap;
    private long _endAtVersion = -1, _readAtVersion = -1;   // of the tail, when the log was read to its end, and at all
    private ResetPlaces _resets;

    // Whether and when to fetch: something may have happened since the last fetch; the log was read, before which a tail is not trusted;
    // the pace of replays allows the next read.
    private bool _stirred = true;
    private bool _hasReadLog;
    private Task _mayHaveMore = Task.CompletedTask;

    public Topic Topic { get; } = topic;

    /// <summary>Null if this reader needs only what is stored already.</summary>
    public TopicTail? Tail { get; set; }

    public override void Wake()
    {
        Volatile.Write(ref _stirred, true);
        wakeUp.Call();
    }

    /// <remarks>The reader may be stuck in a write, so it cannot do this itself. It notices when it goes on, and fetches again.</remarks>
    public override void Forget() => Volatile.Write(ref _pending, null);

    public void LeaveTail()
    {
        Tail?.Remove(this);
        Tail = null;
    }

    /// <summary>Begins after a position that the reader has.</summary>
    public Position StartAfter(Position position) => _delivered = _fetched = position;

    /// <summary>Begins with the oldest notification that is retained; returns the position before it.</summary>
    public async ValueTask<Position> StartAtEarliestAsync(INotificationLog log, CancellationToken cancel)
    {
        var (pending, version) = (_pending, VersionNow);
        var page = Take(await InTurn(() => log.ReadAsync(Topic, after: null, pageLimit, cancel)), pending);
        HasRead(version, page.More);
        return _delivered = page.Start;
    }

    /// <summary>Begins after the newest notification; returns its position.</summary>
    public async ValueTask<Position> StartAtLatestAsync(INotificationLog log, CancellationToken cancel)
    {
        var version = VersionNow;
        var page = await log.ReadAsync(Topic, after: null, new PageLimit(0, 0), cancel);
        HasRead(version, more: false);
        return StartAfter(page.Head);
    }

    /// <summary>Fetches what follows, unless something is still to be delivered. Costs nothing while nothing has happened.</summary>
    /// <exception cref="LogUnavailableException">Nothing has changed; the call may be retried.</exception>
    public ValueTask FetchAsync(INotificationLog log, CancellationToken cancel)
    {
        var pending = Volatile.Read(ref _pending) ?? BeginAgain();
        if (pending.Count > 0 || _gap is not null || !Volatile.Read(ref _stirred)) return ValueTask.CompletedTask;
        // Clear the flag before reading: an announcement during the read sets it again.
        Volatile.Write(ref _stirred, false);
        // A position that the reader brought is compared with the log first: a tail may still hold what was removed or lost since.
        return _hasReadLog && Tail?.TryRead(this, ref _fetched, _endAtVersion, _readAtVersion, pending) == true
            ? ValueTask.CompletedTask
            : FetchFromLogAsync(log, pending, cancel);
    }

    public bool TryPeek([NotNullWhen(true)] out Notification? next)
    {
        next = null;
        return Volatile.Read(ref _pending)?.TryPeek(out next) == true;
    }

    /// <summary>Takes the notification that <see cref="TryPeek"/> returned.</summary>
    public void Take(Notification next)
    {
        Volatile.Read(ref _pending)?.TryDequeue(out _);
        _delivered = next.Position;
    }

    /// <summary>The gap before <see cref="TryPeek"/>, and the position after the gap.</summary>
    public bool TryTakeGap(out Gap gap, out Position end)
    {
        (gap, end) = _gap.GetValueOrDefault();
        var found = _gap is not null;
        if (found) _delivered = end;
        _gap = null;
        return found;
    }

    // The reader had fetched notifications that were dropped. It reads the log from the last one it was given, and learns what is left.
    private Queue<Notification> BeginAgain()
    {
        var pending = new Queue<Notification>();
        Volatile.Write(ref _pending, pending);
        (_fetched, _gap, _hasReadLog, _endAtVersion, _readAtVersion) = (_delivered, null, false, -1, -1);
        Volatile.Write(ref _stirred, true);
        return pending;
    }

    private async ValueTask FetchFromLogAsync(INotificationLog log, Queue<Notification> pending, CancellationToken cancel)
    {
        try
        {
            if (!_mayHaveMore.IsCompleted) await _mayHaveMore.WaitAsync(cancel);
            var version = VersionNow;
            var page = await (Tail is { } tail
                ? tail.ReadLogAsync(_fetched, pageLimit, version, InTurn, cancel)
                : log.ReadAsync(Topic, _fetched, pageLimit, cancel));
            if (page.Gap is GapReason.Reset && !_resets.Add(_fetched)) page = new LogPage(page.Head, page.Gap, [], page.Head);
            if (page.Gap is { } reason && page.Start != _fetched)
                _gap = (new Gap(_fetched.Sequence, page.Start.Sequence + 1, reason), page.Start);
            Take(page, pending);
            HasRead(version, page.More);
        }
        catch
        {
            Volatile.Write(ref _stirred, true);
            throw;
        }
    }

    private long VersionNow => Tail?.Version ?? -1;

    /// <param name="version">Of the tail, from before the read: what is announced during the read is looked at again.</param>
    private void HasRead(long version, bool more)
    {
        (_hasReadLog, _readAtVersion) = (true, version);
        if (!more) _endAtVersion = version;
    }

    private ValueTask<LogPage> InTurn(Func<ValueTask<LogPage>> read) => replays is null ? read() : replays.ReadAsync(user, read);

    // A queue that was dropped during the read is left with what was read.
    private LogPage Take(LogPage page, Queue<Notification>? pending)
    {
        if (replays is not null) _mayHaveMore = replays.PaceAsync(user, page);
        foreach (var notification in page.Items) pending?.Enqueue(notification);
        // A page that leads nowhere would be read again and again; the next announcement triggers the next attempt.
        if (page.More && page.End != _fetched) Volatile.Write(ref _stirred, true);
        // The log may not know the tag of a position that the reader has not left.
        if (page.End.Tag != 0 || page.End != _fetched) _fetched = page.End;
        return page;
    }
}
