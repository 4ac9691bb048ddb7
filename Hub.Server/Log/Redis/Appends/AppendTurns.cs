namespace Realtime.Server.Log.Redis.Appends;

/// <summary>
/// Appends that wait for a call. Publishes take turns, so that a publish to a thousand topics delays others by one call at most. In each
/// topic, the append that began first goes first. Not thread-safe.
/// </summary>
internal sealed class AppendTurns
{
    private readonly Queue<PendingAppend> _waiting = new();
    private readonly List<PendingAppend> _cut = [];   // one turn was not enough for these; in the order they began

    /// <summary>Waiting appends, one for each topic.</summary>
    public int Count { get; private set; }

    public void Add(PendingAppend publish)
    {
        _waiting.Enqueue(publish);
        Count += publish.Topics.Count;
    }

    /// <summary>Adds a publish that <see cref="TakeBefore"/> can find.</summary>
    public void AddWide(PendingAppend publish)
    {
        Add(publish);
        Cut(publish);
    }

    /// <summary>Moves the waiting appends that began before a publish in its topics, so that the publish can be sent at once.</summary>
    public void TakeBefore(PendingAppend publish, List<TopicAppend> group)
    {
        foreach (var earlier in _cut)
        {
            foreach (var topic in publish.Topics)
            {
                if (!earlier.Unsent!.Remove(topic, out var index)) continue;
                group.Add(new(earlier, index));
                Count--;
            }
        }
    }

    /// <summary>Moves the appends that share the next call.</summary>
    /// <param name="tooLate">
    /// Receives the publishes that waited too long, each with the number of its appends that will not be sent.
    /// </param>
    public void Take(List<TopicAppend> group, List<(PendingAppend Publish, int Appends)> tooLate)
    {
        var call = new Room(RedisLogLimits.AppendsPerCall, RedisLogLimits.BytesPerCall);
        while (_waiting.TryPeek(out var publish) && call.Fits(publish))
        {
            if (publish.IsTooLate)
            {
                if (Drop(publish) is > 0 and var dropped) tooLate.Add((publish, dropped));
            }
            else if (!TakeTurn(publish, group, ref call)) return;
            _waiting.Dequeue();
            if (publish.Unsent is { Count: > 0 }) _waiting.Enqueue(publish);
        }
    }

    /// <returns>False if the call was full before the turn had ended: the turn continues in the next call.</returns>
    private bool TakeTurn(PendingAppend publish, List<TopicAppend> group, ref Room call)
    {
        var turn = new Room(RedisLogLimits.AppendsPerTurn, RedisLogLimits.BytesPerTurn);
        for (; publish.Next < publish.Topics.Count; publish.Next++)
        {
            var topic = publish.Topics[publish.Next];
            if (publish.Unsent is { } unsent && !unsent.ContainsKey(topic)) continue;
            var mayGoOn = turn.Fits(publish);
            if (!mayGoOn || !TakeEarlier(publish, group, ref call))
            {
                Cut(publish);
                return !mayGoOn;
            }
            publish.Unsent?.Remove(topic);
            turn.Take(publish);
            Take(new(publish, publish.Next), group, ref call);
        }
        if (publish.Unsent is not null) _cut.Remove(publish);
        return true;
    }

    /// <summary>Waiting appends that began before the publish in its next topic go first.</summary>
    /// <returns>False if there is no room left for the publish itself.</returns>
    private bool TakeEarlier(PendingAppend publish, List<TopicAppend> group, ref Room call)
    {
        foreach (var earlier in _cut)
        {
            if (earlier == publish) break;
            if (!earlier.Unsent!.TryGetValue(publish.Topics[publish.Next], out var index)) continue;
            if (!call.Fits(earlier)) return false;
            earlier.Unsent.Remove(publish.Topics[publish.Next]);
            Take(new(earlier, index), group, ref call);
        }
        return call.Fits(publish);
    }

    private void Take(TopicAppend append, List<TopicAppend> group, ref Room call)
    {
        call.Take(append.Publish);
        group.Add(append);
        Count--;
    }

    private void Cut(PendingAppend publish)
    {
        if (publish.Unsent is not null) return;
        publish.Unsent = new(publish.Topics.Count - publish.Next);
        for (var i = publish.Next; i < publish.Topics.Count; i++) publish.Unsent[publish.Topics[i]] = i;
        _cut.Add(publish);
    }

    private int Drop(PendingAppend publish)
    {
        var dropped = publish.Unsent?.Count ?? publish.Topics.Count;
        Count -= dropped;
        publish.Unsent?.Clear();
        _cut.Remove(publish);
        return dropped;
    }

    /// <summary>The room left in a call or a turn. The first append always fits.</summary>
    private struct Room(int appends, int bytes)
    {
        private readonly int _most = appends;
        private int _appends = appends;
        private int _bytes = bytes;

        public readonly bool Fits(PendingAppend publish) => _appends == _most || (_appends > 0 && publish.Body.Length <= _bytes);

        public void Take(PendingAppend publish)
        {
            _appends--;
            _bytes -= publish.Body.Length;
        }
    }
}
