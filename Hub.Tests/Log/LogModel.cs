using System.Text;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Tests.Support;

namespace Realtime.Tests.Log;

/// <summary>
/// The expected content of a log, in plain lists, and the answers that follow from it. Knows no tables, files or threads.
/// </summary>
internal sealed class LogModel(RetentionOptions retention, ManualTime time)
{
    // A restored store may lag behind the clock of the one before by this many milliseconds.
    private const long ClockDoubt = 60_000;

    private static readonly long KeyLifetime = (long)IdempotencyKey.Lifetime.TotalMilliseconds;

    private readonly List<(Topic Topic, Position Position)> _handedOut = [];
    private State _now = new();
    private State? _backup;
    private long _setBack;

    private sealed record Entry(Position Position, Position Previous, string Body);

    private sealed record FirstUse(string Asked, string Id, Dictionary<Topic, long> Sequences, long At);

    private sealed class State
    {
        public Dictionary<Topic, List<Entry>> Topics { get; init; } = [];
        public Dictionary<string, FirstUse> Keys { get; init; } = [];
        public Dictionary<Topic, Position> Acknowledged { get; init; } = [];

        public State Copy() => new()
        {
            Topics = Topics.ToDictionary(it => it.Key, it => it.Value.ToList()),
            Keys = new(Keys),
            Acknowledged = new(Acknowledged),
        };
    }

    /// <summary>Every position that a client may have received, lost or not.</summary>
    public IReadOnlyList<(Topic Topic, Position Position)> HandedOut => _handedOut;

    public IReadOnlyDictionary<Topic, Position> Acknowledged => _now.Acknowledged;

    /// <summary>The clock is set back.</summary>
    public void SetBack(long milliseconds) => _setBack += milliseconds;

    /// <summary>
    /// True if an entry or a key has reached its age by one way to count and not by another: the clock may have been later than it is now,
    /// and the store may know that an entry was stored before its stamp.
    /// </summary>
    public bool IsInDoubt =>
        _now.Topics.Values.Any(entries => entries.Exists(
            entry => IsInDoubtAt(entry.Position.Stamp, (long)retention.Age.TotalMilliseconds)))
        || _now.Keys.Values.Any(key => IsInDoubtAt(key.At, KeyLifetime));

    private bool IsInDoubtAt(long from, long age)
    {
        var passed = time.Milliseconds - from;
        return passed <= age && passed + (2 * _setBack) >= age;
    }

    public void BackUp() => _backup = _now.Copy();

    public bool TryRewind()
    {
        if (_backup is null) return false;
        _now = _backup.Copy();
        return true;
    }

    /// <summary>Checks the outcome of an append and adds it to the model.</summary>
    public void Append(Draft draft, AppendOutcome outcome)
    {
        var asked = draft.Key is null ? "" : Convert.ToHexString(draft.Key.Fingerprint.Span);
        if (draft.Key is not null && _now.Keys.TryGetValue(draft.Key.Text, out var first)
            && time.Milliseconds - first.At < KeyLifetime)
        {
            if (first.Asked != asked)
                Require(outcome is AppendOutcome.KeyReused, $"{draft.Key.Text} came for something else and was not refused");
            else Require(outcome is AppendOutcome.Stored { Duplicate: true } repeat && repeat.Id == first.Id
                && repeat.Sequences.SequenceEqual(draft.Topics.Select(topic => first.Sequences[topic])),
                $"{draft.Key.Text} was repeated and is not answered alike");
            return;
        }

        var sequences = draft.Topics.ToDictionary(topic => topic, topic => Head(topic).Sequence + 1);
        Require(outcome is AppendOutcome.Stored { Duplicate: false } stored && stored.Id == draft.Id
            && stored.Sequences.SequenceEqual(sequences.Values),
            $"an append should have got {string.Join(' ', sequences.Values)}");
        foreach (var topic in draft.Topics)
        {
            var entry = new Entry(new Position(sequences[topic], Math.Max(time.Milliseconds, Head(topic).Stamp)), Head(topic),
                Encoding.UTF8.GetString(draft.Body.Span));
            Entries(topic).Add(entry);
            _handedOut.Add((topic, entry.Position));
        }
        if (draft.Key is not null) _now.Keys[draft.Key.Text] = new FirstUse(asked, draft.Id, sequences, time.Milliseconds);
    }

    /// <summary>The oldest retained entry once retention has run; head + 1 if nothing is retained.</summary>
    public long First(Topic topic)
    {
        var entries = Entries(topic);
        var young = entries.FindIndex(entry => entry.Position.Stamp >= time.Milliseconds - (long)retention.Age.TotalMilliseconds);
        return Math.Max(young < 0 ? entries.Count + 1 : young + 1, entries.Count - retention.Count + 1);
    }

    /// <summary>Checks a page that was read without limits after retention had run.</summary>
    public void Check(Topic topic, Position? after, LogPage page)
    {
        var (entries, first) = (Entries(topic), First(topic));
        var oldest = first == 1 ? Position.Start : entries[(int)first - 2].Position;
        var (start, gap) = after is { } own ? Expected(own) : (oldest, null);
        Require((page.Start, page.Gap, page.Head) == (start, gap, Head(topic)),
            $"{topic} after {after}: {page.Start}, {page.Gap}, head {page.Head}; it should be {start}, {gap}, head {Head(topic)}");
        var items = entries.Skip((int)start.Sequence).Select(entry => (entry.Position, entry.Previous, entry.Body));
        Require(page.Items.Select(item => (item.Position, item.Previous, Encoding.UTF8.GetString(item.Body.Span))).SequenceEqual(items),
            $"{topic} after {after}: other items than {string.Join(' ', items.Select(item => item.Position))}");

        (Position, GapReason?) Expected(Position own)
        {
            if (Knows(topic, own)) return own.Sequence >= oldest.Sequence ? (own, null) : (oldest, GapReason.Expired);
            // The entries after the position are gone as well, and no remaining one is older: whether the position was lost cannot be
            // determined.
            if (own.Sequence < oldest.Sequence
                && (first > entries.Count ? Head(topic).Stamp : entries[(int)first - 1].Position.Stamp) >= own.Stamp)
                return (oldest, GapReason.Expired);
            var newer = entries.Skip((int)first - 1).FirstOrDefault(entry => entry.Position.Stamp > own.Stamp - ClockDoubt);
            return (newer?.Previous ?? Head(topic), GapReason.Reset);
        }
    }

    /// <summary>True if a position belongs to the current or earlier content of the log and was not lost in a rewind.</summary>
    public bool Knows(Topic topic, Position position) =>
        position == Position.Start
        || (position.Sequence <= Entries(topic).Count && Entries(topic)[(int)position.Sequence - 1].Position == position);

    public void Acknowledge(Topic topic, Position position, bool answer)
    {
        Require(answer, $"{topic} {position} is known and was refused");
        if (position.Sequence > _now.Acknowledged.GetValueOrDefault(topic).Sequence || !_now.Acknowledged.ContainsKey(topic))
            _now.Acknowledged[topic] = position;
    }

    private List<Entry> Entries(Topic topic) => _now.Topics.TryGetValue(topic, out var entries) ? entries : _now.Topics[topic] = [];

    private Position Head(Topic topic) => Entries(topic).LastOrDefault()?.Position ?? Position.Start;

    public static void Require(bool holds, string promise)
    {
        if (!holds) throw new InvalidOperationException(promise);
    }
}
