using System.Text;
using Realtime.Server.Log;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Feed;

/// <summary>
/// A log in memory that tests can trim, rewind and make unavailable. Tests also deliver, drop, repeat or invent its announcements. Written
/// from the text of docs/PROTOCOL.md, without the product's code for reading from a position.
/// </summary>
internal sealed class FaultyLog : INotificationLog
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Topic, List<Notification>> _entries = [];
    private readonly Dictionary<Topic, Position> _heads = [];
    private readonly Dictionary<Topic, (IReadOnlyList<Notification> Retained, Position Head)> _asRead = [];
    private readonly Dictionary<string, Dictionary<Topic, Position>> _acknowledged = [];
    private long _clock = 1_795_000_000_000;

    public bool IsUnavailable { get; set; }

    private int _readsUntilItFails = -1;   // negative: never

    /// <summary>Makes the log unavailable after this many further reads.</summary>
    public void FailAfter(int reads) => _readsUntilItFails = reads;

    /// <summary>Reads so far, of any topic.</summary>
    public int Reads { get; private set; }

    public Notification Append(Topic topic, string? text = null)
    {
        lock (_gate)
        {
            var head = _heads.GetValueOrDefault(topic);
            var position = new Position(head.Sequence + 1, ++_clock);
            var body = Encoding.UTF8.GetBytes($"\"id\":\"{text ?? $"{topic.Text}#{position.Sequence}@{position.Stamp}"}\"}}");
            var notification = new Notification(position, head.Stamp, body);
            Entries(topic).Add(notification);
            _heads[topic] = position;
            return notification;
        }
    }

    /// <summary>Retention: removes all but the newest few; sequences continue.</summary>
    public void Trim(Topic topic, int keep)
    {
        lock (_gate) Entries(topic).RemoveRange(0, Math.Max(0, Entries(topic).Count - keep));
    }

    /// <summary>The store loses its tail while its clock continues: new entries reuse sequences of lost ones.</summary>
    public void Rewind(Topic topic, int lose)
    {
        lock (_gate)
        {
            var entries = Entries(topic);
            var lost = Math.Min(lose, entries.Count);
            if (lost == 0) return;
            _heads[topic] = entries[^lost].Previous;
            entries.RemoveRange(entries.Count - lost, lost);
            _clock += 120_000;
        }
    }

    public IReadOnlyList<Notification> Retained(Topic topic)
    {
        lock (_gate) return [.. Entries(topic)];
    }

    public Position Head(Topic topic)
    {
        lock (_gate) return _heads.GetValueOrDefault(topic);
    }

    /// <summary>The content of a topic when it was last read: a reader may pass it on later, when the log has changed.</summary>
    public (IReadOnlyList<Notification> Retained, Position Head) AsRead(Topic topic)
    {
        lock (_gate) return _asRead[topic];
    }

    public Task<AppendOutcome> AppendAsync(Draft draft, CancellationToken cancel) =>
        throw new NotSupportedException("Tests append themselves.");

    public ValueTask<LogPage> ReadAsync(Topic topic, Position? after, PageLimit limit, CancellationToken cancel)
    {
        lock (_gate)
        {
            Reads++;
            if (_readsUntilItFails-- == 0) IsUnavailable = true;
            if (IsUnavailable) throw new LogUnavailableException("The test made it so.");
            var entries = Entries(topic);
            var head = _heads.GetValueOrDefault(topic);
            _asRead[topic] = ([.. entries], head);
            var oldest = entries.Count == 0 ? head : entries[0].Previous;
            var (start, gap) = after is { } place ? Find(entries, head, oldest, place) : (oldest, null);
            var items = entries.Where(e => e.Position.Sequence > start.Sequence).Take(limit.Count).ToList();
            return new(new LogPage(start, gap, items, head));
        }
    }

    public ValueTask<IReadOnlyDictionary<Topic, Position>> ReadAcknowledgedAsync(string user, CancellationToken cancel)
    {
        lock (_gate)
        {
            if (IsUnavailable) throw new LogUnavailableException("The test made it so.");
            return new(_acknowledged.GetValueOrDefault(user) ?? []);
        }
    }

    public Task<bool> AcknowledgeAsync(string user, IReadOnlyDictionary<Topic, Position> positions, CancellationToken cancel)
    {
        lock (_gate) _acknowledged[user] = new(positions);
        return Task.FromResult(true);
    }

    private static (Position Start, GapReason? Gap) Find(List<Notification> entries, Position head, Position oldest, Position place)
    {
        if (place == oldest || place == head || entries.Any(e => e.Position == place)) return (place, null);
        if (place.Sequence < oldest.Sequence && place.Stamp <= oldest.Stamp) return (oldest, GapReason.Expired);
        var next = entries.FirstOrDefault(e => e.Position.Stamp > place.Stamp - 60_000);
        return (next?.Previous ?? head, GapReason.Reset);
    }

    private List<Notification> Entries(Topic topic) => _entries.TryGetValue(topic, out var entries) ? entries : _entries[topic] = [];
}
