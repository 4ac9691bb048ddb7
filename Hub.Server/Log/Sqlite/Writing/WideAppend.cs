using System.Diagnostics;
using System.Text;
using Realtime.Server.Log.Sqlite.Tables;
using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite.Writing;

/// <summary>
/// A large notification to many topics, stored in parts, each in a transaction of its own: other writes get their turn between two parts.
/// </summary>
/// <remarks>
/// Each topic has either the whole notification or none of it. If the key's record names a first publish that did not store all topics (the
/// process was killed, or the publish timed out), a repeat stores the rest.
/// </remarks>
internal sealed class WideAppend(Draft draft, long queuedAt) : PendingWrite<AppendOutcome>(queuedAt)
{
    /// <summary>
    /// A heavier publish (in kilobytes) to several topics is stored in parts: the limit is more than the two largest bodies.
    /// </summary>
    public const int LeastWeight = 130;

    private readonly long[] _sequences = new long[draft.Topics.Count];
    private int _left = draft.Topics.Count;
    private ReadOnlyMemory<byte>? _firstBody;

    public Draft Draft => draft;

    public override int Weight => AppendWrite.WeightOf(draft);

    public int WeightPerTopic { get; } = AppendWrite.WeightPerTopic(draft);

    /// <summary>The topics that are in no part yet, by index. For <see cref="WriteTurns"/>.</summary>
    public Dictionary<Topic, int> Unsent { get; } = draft.Topics.Select((topic, place) => (topic, place))
        .ToDictionary(it => it.topic, it => it.place);

    /// <summary>The first topic that may be in no part yet. For <see cref="WriteTurns"/>.</summary>
    public int Next { get; set; }

    public static bool IsWide(Draft draft) => draft.Topics.Count > 1 && AppendWrite.WeightOf(draft) >= LeastWeight;

    /// <summary>The notification that a repeat stores: the first publish's, also if the publisher gave no time.</summary>
    public ReadOnlyMemory<byte> BodyOf(KeyRecord first, WriterSession session) =>
        _firstBody ??= ReadBody(first, session) ?? WithId(first.Notification);

    /// <summary>A part is on disk.</summary>
    public void Stored(ReadOnlySpan<int> places, ReadOnlySpan<long> sequences, string notification)
    {
        for (var i = 0; i < places.Length; i++) _sequences[places[i]] = sequences[i];
        _left -= places.Length;
        if (_left == 0) TrySetResult(new AppendOutcome.Stored(notification, Duplicate: notification != draft.Id, _sequences));
    }

    public void Refuse(AppendOutcome refusal) => TrySetResult(refusal);

    public override void Write(WriterSession session) => throw new UnreachableException("Its parts are written.");

    public override void Succeed() => throw new UnreachableException("Its parts succeed.");

    private byte[]? ReadBody(KeyRecord first, WriterSession session)
    {
        for (var i = 0; i < draft.Topics.Count; i++)
        {
            if (!session.Topics.TryFind(draft.Topics[i].Text, out var topic)) continue;
            if (first.SequenceIn(topic.Id, expectedAt: i) is var sequence and not 0
                && session.Reader.BodyAt(session.Topics.Stored(topic), sequence) is { } body) return body;
        }
        return null;
    }

    /// <summary>
    /// For topics where retention has removed the first publish's entry. A body begins with its id, and all ids have one length.
    /// </summary>
    private byte[] WithId(string id)
    {
        var body = draft.Body.ToArray();
        Encoding.ASCII.GetBytes(id).CopyTo(body, "\"id\":\"".Length);
        return body;
    }
}
