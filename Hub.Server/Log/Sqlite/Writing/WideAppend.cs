using System.Diagnostics;
using System.Text;
using Realtime.Server.Log.Sqlite.Tables;
using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite.Writing;

/// <summary>
/// A notification that is stored in parts, each in a transaction of its own, because it is large and goes to many topics: between two parts
/// others get their turn.
/// </summary>
/// <remarks>
/// A topic has the notification or has it not. If the key's record names a first publish that did not store all topics (the process was
/// killed, the time was up), a repeat stores the rest.
/// </remarks>
internal sealed class WideAppend(Draft draft, long queuedAt) : PendingWrite<AppendOutcome>(queuedAt)
{
    /// <summary>What is heavier (in kilobytes) and has several topics is stored in parts: it is more than the two largest bodies.</summary>
    public const int LeastWeight = 130;

    private readonly long[] _sequences = new long[draft.Topics.Count];
    private int _left = draft.Topics.Count;
    private ReadOnlyMemory<byte>? _firstBody;

    public Draft Draft => draft;

    public override int Weight => AppendWrite.WeightOf(draft);

    public int WeightPerTopic { get; } = AppendWrite.WeightPerTopic(draft);

    /// <summary>The topics that are in no part yet, and their places. Of <see cref="WriteTurns"/>.</summary>
    public Dictionary<Topic, int> Unsent { get; } = draft.Topics.Select((topic, place) => (topic, place))
        .ToDictionary(it => it.topic, it => it.place);

    /// <summary>The first topic that may be in no part yet. Of <see cref="WriteTurns"/>.</summary>
    public int Next { get; set; }

    public static bool IsWide(Draft draft) => draft.Topics.Count > 1 && AppendWrite.WeightOf(draft) >= LeastWeight;

    /// <summary>What a repeat stores: the first publish's notification, also where the publisher gave no time.</summary>
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

    /// <summary>Where retention has removed what the first publish stored. A body begins with its id, and ids have one length.</summary>
    private byte[] WithId(string id)
    {
        var body = draft.Body.ToArray();
        Encoding.ASCII.GetBytes(id).CopyTo(body, "\"id\":\"".Length);
        return body;
    }
}
