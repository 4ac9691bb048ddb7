using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite.Writing;

/// <summary>Moves a user's acknowledged positions forward, if the log has all the new ones.</summary>
internal sealed class AcknowledgeWrite(string user, IReadOnlyDictionary<Topic, Position> positions, long queuedAt)
    : PendingWrite<bool>(queuedAt)
{
    private bool _known;

    public override int Weight => 1;

    public override void Write(WriterSession session)
    {
        _known = AllKnown(session);
        if (!_known) return;

        var kept = session.Acknowledged.Read(user);
        var moved = false;
        foreach (var (topic, position) in positions)
        {
            // A topic that was never written to has only Start. Start is kept too: from now on, an entry that expires unseen there is a
            // gap.
            var state = session.Topics.FindOrAdd(topic.Text);
            if (kept.TryGetValue(state.Id, out var old) && !Moves(session, state, old, position)) continue;
            kept[state.Id] = position;
            moved = true;
        }
        if (moved) session.Acknowledged.Write(user, kept);
    }

    public override void Succeed() => TrySetResult(_known);

    private bool AllKnown(WriterSession session)
    {
        foreach (var (topic, position) in positions)
        {
            var known = session.Topics.TryFind(topic.Text, out var state) ? Knows(session, state, position) : position == Position.Start;
            if (!known) return false;
        }
        return true;
    }

    /// <summary>Forward; or in any direction from a position that was lost in a rewind.</summary>
    private static bool Moves(WriterSession session, TopicState topic, Position from, Position to) =>
        to.Sequence > from.Sequence || (!to.Is(from) && !Knows(session, topic, from));

    private static bool Knows(WriterSession session, TopicState topic, Position position) =>
        session.Reader.GapAfter(position, session.Topics.Stored(topic)) is not GapReason.Reset;
}
