using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite;

/// <summary>Stores a notification in all its topics, with its key.</summary>
internal sealed class AppendWrite(Draft draft, long queuedAt) : PendingWrite<AppendOutcome>(queuedAt)
{
    private static readonly AppendOutcome.KeyReused Reused = new();

    private const int NumbersPerTopic = 2;   // topics.id, sequence
    private const int MostBytesOnStack = 256;

    private AppendOutcome? _outcome;
    private Notification[] _stored = [];

    public override int Weight => draft.Topics.Count * (1 + (draft.Body.Length >> 10));

    public override void Write(WriterSession session)
    {
        (_outcome, _stored) = (null, []);
        if (draft.Key is { } key && session.Keys.Find(key, session.Now) is { } first)
        {
            _outcome = Repeat(session, key, first);
            return;
        }

        var topics = draft.Topics;
        var stored = new Notification[topics.Count];
        var sequences = new long[topics.Count];
        var numbers = draft.Key is null ? [] : topics.Count * NumbersPerTopic * Numbers.Size is var size && size <= MostBytesOnStack
            ? stackalloc byte[size]
            : new byte[size];
        for (var i = 0; i < stored.Length; i++)
        {
            var topic = session.Topics.FindOrAdd(topics[i].Text);
            stored[i] = Append(session, topic);
            sequences[i] = topic.Head.Sequence;
            if (numbers.IsEmpty) continue;
            Numbers.Put(numbers, i * NumbersPerTopic, topic.Id);
            Numbers.Put(numbers, (i * NumbersPerTopic) + 1, topic.Head.Sequence);
        }
        if (draft.Key is not null) session.Keys.Add(draft.Key, session.Now, draft.Id, numbers);
        (_outcome, _stored) = (new AppendOutcome.Stored(draft.Id, Duplicate: false, sequences), stored);
    }

    public override void Announce(Action<Topic, Notification> announce)
    {
        for (var i = 0; i < _stored.Length; i++) announce(draft.Topics[i], _stored[i]);
    }

    public override void Succeed() => TrySetResult(_outcome!);

    private Notification Append(WriterSession session, TopicState topic)
    {
        var last = topic.Head;
        // The clock may step backwards, stamps may not.
        session.Entries.Add(topic, Math.Max(session.Now, last.Stamp), draft.Body.Span);
        if (last.Stamp > session.Now) session.Clock.StampsAreAhead = true;
        session.Retention.Watch(topic);
        return new Notification(topic.Head, last.Stamp, draft.Body);
    }

    private AppendOutcome Repeat(WriterSession session, IdempotencyKey key, KeyRecord first)
    {
        if (!key.Fingerprint.Span.SequenceEqual(first.Fingerprint)) return Reused;

        var sequences = new long[draft.Topics.Count];
        for (var i = 0; i < sequences.Length; i++)
        {
            // The same targets, perhaps in another order.
            if (!session.Topics.TryFind(draft.Topics[i].Text, out var topic)) return Reused;
            sequences[i] = SequenceIn(first.Sequences, topic.Id, expectedAt: i);
            if (sequences[i] == 0) return Reused;
        }
        return new AppendOutcome.Stored(first.Notification, Duplicate: true, sequences);
    }

    /// <summary>The sequence given to a topic, or 0. Looks first where it is if the order is the same.</summary>
    private static long SequenceIn(ReadOnlySpan<byte> numbers, long topic, int expectedAt)
    {
        var count = numbers.Length / (NumbersPerTopic * Numbers.Size);
        for (var i = 0; i < count; i++)
        {
            var at = (expectedAt + i) % count * NumbersPerTopic;
            if (Numbers.At(numbers, at) == topic) return Numbers.At(numbers, at + 1);
        }
        return 0;
    }
}
