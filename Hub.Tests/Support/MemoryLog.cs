using Realtime.Server.Log;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Support;

/// <summary>A log that keeps everything, in memory. It can be made to fail in ways that are hard to provoke on a disk.</summary>
internal sealed class MemoryLog(TimeProvider time) : INotificationLog
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Topic, List<Notification>> _topics = [];                                       // guarded by _gate
    // guarded by _gate
    private readonly Dictionary<(string, string), (byte[] Print, DateTimeOffset At, AppendOutcome.Stored First)> _keys = [];
    private readonly Dictionary<string, Dictionary<Topic, Position>> _acknowledged = [];                        // guarded by _gate

    /// <summary>What happens to an append before it is stored: a wait, a failure. Null: nothing.</summary>
    public Func<Draft, Task>? Before { get; set; }

    /// <summary>How often an append began.</summary>
    public int Begun;

    /// <summary>Everything stored in a topic.</summary>
    public IReadOnlyList<Notification> this[Topic topic]
    {
        get
        {
            lock (_gate) return _topics.TryGetValue(topic, out var entries) ? [.. entries] : [];
        }
    }

    public Task<AppendOutcome> AppendAsync(Draft draft, CancellationToken cancel)
    {
        Interlocked.Increment(ref Begun);
        return Before is { } before ? WaitAndAppendAsync(before(draft), draft) : Task.FromResult(Append(draft));
    }

    public ValueTask<LogPage> ReadAsync(Topic topic, Position? after, PageLimit limit, CancellationToken cancel)
    {
        var entries = this[topic];
        var head = entries.Count == 0 ? Position.Start : entries[^1].Position;
        var known = after is null || after == Position.Start || entries.Any(entry => entry.Position == after);
        var start = known ? after ?? Position.Start : Position.Start;
        var items = entries.Skip((int)start.Sequence).Take(limit.Count).ToList();
        return new(new LogPage(start, known ? null : GapReason.Reset, items, head));
    }

    public ValueTask<IReadOnlyDictionary<Topic, Position>> ReadAcknowledgedAsync(string user, CancellationToken cancel)
    {
        lock (_gate) return new(_acknowledged.TryGetValue(user, out var kept) ? new Dictionary<Topic, Position>(kept) : []);
    }

    public Task<bool> AcknowledgeAsync(string user, IReadOnlyDictionary<Topic, Position> positions, CancellationToken cancel)
    {
        lock (_gate)
        {
            if (positions.Any(one => one.Value != Position.Start && !this[one.Key].Any(entry => entry.Position == one.Value)))
                return Task.FromResult(false);
            if (!_acknowledged.TryGetValue(user, out var kept)) _acknowledged[user] = kept = [];
            foreach (var (topic, position) in positions)
                if (!kept.TryGetValue(topic, out var old) || old.Sequence < position.Sequence) kept[topic] = position;
            return Task.FromResult(true);
        }
    }

    private async Task<AppendOutcome> WaitAndAppendAsync(Task before, Draft draft)
    {
        await before;
        return Append(draft);
    }

    private AppendOutcome Append(Draft draft)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            var key = draft.Key is { } given ? (given.Publisher, given.Text) : default;
            if (draft.Key is not null && _keys.TryGetValue(key, out var first) && now - first.At < IdempotencyKey.Lifetime)
                return first.Print.AsSpan().SequenceEqual(draft.Key.Fingerprint.Span)
                    ? new AppendOutcome.Stored(first.First.Id, true, InOrder(draft, first.First))
                    : new AppendOutcome.KeyReused();

            var stored = new AppendOutcome.Stored(draft.Id, false, [.. draft.Topics.Select(topic => Append(topic, draft, now))]);
            if (draft.Key is not null) _keys[key] = (draft.Key.Fingerprint.ToArray(), now, stored);
            return stored;
        }
    }

    /// <summary>A repeat may name the same topics in another order.</summary>
    private long[] InOrder(Draft draft, AppendOutcome.Stored first) =>
        [.. draft.Topics.Select(
            topic => _topics[topic].First(
                entry => entry.Body.Span[6..38].SequenceEqual(System.Text.Encoding.ASCII.GetBytes(first.Id))).Position.Sequence)];

    private long Append(Topic topic, Draft draft, DateTimeOffset now)
    {
        if (!_topics.TryGetValue(topic, out var entries)) _topics[topic] = entries = [];
        var previous = entries.Count == 0 ? 0 : entries[^1].Position.Stamp;
        entries.Add(new(new(entries.Count + 1, Math.Max(previous, now.ToUnixTimeMilliseconds())), previous, draft.Body));
        return entries.Count;
    }
}
