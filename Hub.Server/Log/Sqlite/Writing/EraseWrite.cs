using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite.Writing;

/// <summary>Erases a part of what is stored of a user, so that publishes wait no longer than for retention.</summary>
/// <param name="upTo">The last sequence to erase; null in the first step: all that is committed.</param>
internal sealed class EraseWrite(string user, long? upTo, long queuedAt) : PendingWrite<EraseStep>(queuedAt)
{
    private EraseStep _step;

    // Bodies of 64 KiB are the exception.
    public override int Weight => 256;

    public override bool NeedsIndex => true;

    public override void Write(WriterSession session)
    {
        using var zeroed = session.ZeroWhatIsDeleted();
        session.Acknowledged.Remove(user);
        _step = default;
        if (!session.Topics.TryFind(Topic.User(user).Text, out var topic)) return;
        // An append of this very transaction stays: it is not in the index, and was not confirmed when the operator asked.
        var last = upTo ?? session.LastIndexed(topic);
        var removed = session.Retention.Erase(topic, last);
        _step = new(removed, new(last, topic.Head.Sequence == last ? topic.Head.Stamp : 0), HasMore: removed > 0, IsCut: false);
        if (removed == 0) topic.First = Math.Max(topic.First, last + 1);
    }

    public override void Committed(WriterSession session)
    {
        if (!_step.HasMore) _step = _step with { IsCut = session.Checkpointer.Cut() };
    }

    public override void Succeed() => TrySetResult(_step);
}

/// <param name="Removed">Entries that this step has removed.</param>
/// <param name="UpTo">The last position that is erased when all steps are done; without a stamp if later ones were appended.</param>
/// <param name="HasMore">True if another step may find more.</param>
/// <param name="IsCut">True if the write-ahead log holds no copies.</param>
internal readonly record struct EraseStep(int Removed, Position UpTo, bool HasMore, bool IsCut);
