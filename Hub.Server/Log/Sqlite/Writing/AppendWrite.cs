using Realtime.Server.Log.Sqlite.Tables;
using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite.Writing;

/// <summary>Stores a notification in all its topics, with its key.</summary>
internal sealed class AppendWrite(Draft draft, long queuedAt) : PendingWrite<AppendOutcome>(queuedAt)
{
    public static readonly AppendOutcome.KeyReused Reused = new();

    private const int NumbersPerTopic = KeyRecord.NumbersPerTopic;
    private const int MostBytesOnStack = 256;

    private AppendOutcome? _outcome;
    private Notification[] _stored = [];

    public override int Weight => WeightOf(draft);

    public IReadOnlyList<Topic> Topics => draft.Topics;

    /// <inheritdoc cref="IPendingWrite.Weight"/>
    public static int WeightOf(Draft draft) => draft.Topics.Count * WeightPerTopic(draft);

    public static int WeightPerTopic(Draft draft) => 1 + (draft.Body.Length >> 10);

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
        var numbers = draft.Key is null ? [] : topics.Count * NumbersPerTopic * Int64Blob.Size is var size && size <= MostBytesOnStack
            ? stackalloc byte[size]
            : new byte[size];
        for (var i = 0; i < stored.Length; i++)
        {
            var topic = session.Topics.FindOrAdd(topics[i].Text);
            stored[i] = session.Append(topic, draft.Body);
            sequences[i] = topic.Head.Sequence;
            if (numbers.IsEmpty) continue;
            Int64Blob.Put(numbers, i * NumbersPerTopic, topic.Id);
            Int64Blob.Put(numbers, (i * NumbersPerTopic) + 1, topic.Head.Sequence);
        }
        if (draft.Key is not null) session.Keys.Add(draft.Key, session.Now, draft.Id, numbers);
        (_outcome, _stored) = (new AppendOutcome.Stored(draft.Id, Duplicate: false, sequences), stored);
    }

    public override void Announce(Action<Topic, Notification> announce)
    {
        for (var i = 0; i < _stored.Length; i++) announce(draft.Topics[i], _stored[i]);
    }

    public override void Succeed() => TrySetResult(_outcome!);

    private AppendOutcome Repeat(WriterSession session, IdempotencyKey key, KeyRecord first)
    {
        if (!key.Fingerprint.Span.SequenceEqual(first.Fingerprint)) return Reused;

        var sequences = new long[draft.Topics.Count];
        for (var i = 0; i < sequences.Length; i++)
        {
            // The same targets, perhaps in another order.
            if (!session.Topics.TryFind(draft.Topics[i].Text, out var topic)) return Reused;
            sequences[i] = first.SequenceIn(topic.Id, expectedAt: i);
            if (sequences[i] == 0) return Reused;
        }
        return new AppendOutcome.Stored(first.Notification, Duplicate: true, sequences);
    }
}
