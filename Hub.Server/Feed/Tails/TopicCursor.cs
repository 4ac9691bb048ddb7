using System.Diagnostics.CodeAnalysis;
using Realtime.Server.Log;
using Realtime.Server.Notifications;

namespace Realtime.Server.Feed.Tails;

/// <summary>One topic of one subscription: notifications that are fetched but not yet delivered, and the position to fetch from.</summary>
/// <remarks>Used by one thread at a time, except for <see cref="Wake"/>.</remarks>
internal sealed class TopicCursor(Topic topic, PageLimit pageLimit, WakeUp wakeUp, string user = "", UserReads? replays = null) : TailSeat
{
    private readonly Queue<Notification> _pending = new();
    private Position _fetched;
    private (Gap Gap, Position End)? _gap;
    private long _endAtVersion = -1;
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

    public void LeaveTail()
    {
        Tail?.Remove(this);
        Tail = null;
    }

    /// <summary>Begins after a position that the reader has.</summary>
    public Position StartAfter(Position position) => _fetched = position;

    /// <summary>Begins with the oldest notification that is retained; returns the position before it.</summary>
    public async ValueTask<Position> StartAtEarliestAsync(INotificationLog log, CancellationToken cancel) =>
        Take(await InTurn(() => log.ReadAsync(Topic, after: null, pageLimit, cancel))).Start;

    /// <summary>Begins after the newest notification; returns its position.</summary>
    public async ValueTask<Position> StartAtLatestAsync(INotificationLog log, CancellationToken cancel) =>
        StartAfter((await log.ReadAsync(Topic, after: null, new PageLimit(0, 0), cancel)).Head);

    /// <summary>Fetches what follows, unless something is still to be delivered. Costs nothing while nothing has happened.</summary>
    /// <exception cref="LogUnavailableException">Nothing has changed; the call may be retried.</exception>
    public ValueTask FetchAsync(INotificationLog log, CancellationToken cancel)
    {
        if (_pending.Count > 0 || _gap is not null || !Volatile.Read(ref _stirred)) return ValueTask.CompletedTask;
        // Clear the flag before reading: an announcement during the read sets it again.
        Volatile.Write(ref _stirred, false);
        // The first read goes to the log: a tail may still hold what retention has removed, or what the log has lost since.
        return _hasReadLog && Tail?.TryRead(this, ref _fetched, _endAtVersion, _pending) == true
            ? ValueTask.CompletedTask
            : FetchFromLogAsync(log, cancel);
    }

    public bool TryPeek([NotNullWhen(true)] out Notification? next) => _pending.TryPeek(out next);

    public Notification Take() => _pending.Dequeue();

    /// <summary>The gap before <see cref="TryPeek"/>, and the position after the gap.</summary>
    public bool TryTakeGap(out Gap gap, out Position end)
    {
        (gap, end) = _gap.GetValueOrDefault();
        var found = _gap is not null;
        _gap = null;
        return found;
    }

    private async ValueTask FetchFromLogAsync(INotificationLog log, CancellationToken cancel)
    {
        try
        {
            if (!_mayHaveMore.IsCompleted) await _mayHaveMore.WaitAsync(cancel);
            var version = Tail?.Version ?? 0;
            var page = await (Tail is { } tail
                ? tail.ReadLogAsync(_fetched, pageLimit, version, InTurn, cancel)
                : log.ReadAsync(Topic, _fetched, pageLimit, cancel));
            if (page.Gap is GapReason.Reset && !_resets.Add(_fetched)) page = new LogPage(page.Head, page.Gap, [], page.Head);
            if (page.Gap is { } reason && page.Start != _fetched)
                _gap = (new Gap(_fetched.Sequence, page.Start.Sequence + 1, reason), page.Start);
            Take(page);
            _hasReadLog = true;
            if (!page.More) _endAtVersion = version;
        }
        catch
        {
            Volatile.Write(ref _stirred, true);
            throw;
        }
    }

    private ValueTask<LogPage> InTurn(Func<ValueTask<LogPage>> read) => replays is null ? read() : replays.ReadAsync(user, read);

    private LogPage Take(LogPage page)
    {
        if (replays is not null) _mayHaveMore = replays.PaceAsync(user, page);
        foreach (var notification in page.Items) _pending.Enqueue(notification);
        // A page that leads nowhere would be read again and again; the next announcement triggers the next attempt.
        if (page.More && page.End != _fetched) Volatile.Write(ref _stirred, true);
        // The log may not know the tag of a position that the reader has not left.
        if (page.End.Tag != 0 || page.End != _fetched) _fetched = page.End;
        return page;
    }
}
