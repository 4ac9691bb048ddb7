using Realtime.Server.Log.Sqlite.Tables;
using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite.Writing;

/// <summary>Some topics of a <see cref="WideAppend"/>, stored in one transaction.</summary>
/// <param name="places">Indexes into <see cref="Draft.Topics"/>.</param>
internal sealed class WidePart(WideAppend publish, int[] places) : IPendingWrite
{
    private List<(Topic Topic, Notification Notification)> _stored = [];
    private readonly long[] _sequences = new long[places.Length];
    private string? _notification;   // null if the key was used for something else

    public long QueuedAt => publish.QueuedAt;

    public int Weight => places.Length * publish.WeightPerTopic;

    public bool IsAnswered => publish.IsAnswered;

    public WideAppend Publish => publish;

    public IReadOnlyList<int> Places => places;

    public void Write(WriterSession session)
    {
        _stored = [];
        var draft = publish.Draft;
        var record = draft.Key is null ? null : session.Keys.Find(draft.Key, session.Now);
        _notification = record?.Notification ?? draft.Id;
        if (record is not null && !draft.Key!.Fingerprint.Span.SequenceEqual(record.Fingerprint))
        {
            _notification = null;
            return;
        }

        var body = _notification == draft.Id ? draft.Body : publish.BodyOf(record!, session);
        var stored = new List<(Topic, Notification)>(places.Length);
        for (var i = 0; i < places.Length; i++)
        {
            var topic = session.Topics.FindOrAdd(draft.Topics[places[i]].Text);
            _sequences[i] = record?.SequenceIn(topic.Id, expectedAt: places[i]) ?? 0;
            if (_sequences[i] != 0) continue;
            stored.Add((draft.Topics[places[i]], session.Append(topic, body)));
            _sequences[i] = topic.Head.Sequence;
        }
        if (draft.Key is not null && stored.Count > 0) NoteIn(session, draft, record, stored);
        _stored = stored;
    }

    public void Announce(Action<Topic, Notification> announce)
    {
        foreach (var (topic, notification) in _stored) announce(topic, notification);
    }

    public void Succeed()
    {
        if (_notification is null) publish.Refuse(AppendWrite.Reused);
        else publish.Stored(places, _sequences, _notification);
    }

    public void Fail(Exception reason) => publish.Fail(reason);

    /// <summary>In the same transaction, so that the key's record always names what is stored.</summary>
    private static void NoteIn(WriterSession session, Draft draft, KeyRecord? record, List<(Topic Topic, Notification Notification)> stored)
    {
        var before = record?.Sequences ?? [];
        var after = new byte[before.Length + (stored.Count * KeyRecord.NumbersPerTopic * Int64Blob.Size)];
        before.CopyTo(after, 0);
        var at = before.Length / Int64Blob.Size;
        foreach (var (topic, notification) in stored)
        {
            Int64Blob.Put(after, at++, session.Topics.FindOrAdd(topic.Text).Id);
            Int64Blob.Put(after, at++, notification.Position.Sequence);
        }
        if (record is null) session.Keys.Add(draft.Key!, session.Now, draft.Id, after);
        else session.Keys.Update(record, after);
    }
}
