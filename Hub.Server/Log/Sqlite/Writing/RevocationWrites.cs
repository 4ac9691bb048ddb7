namespace Realtime.Server.Log.Sqlite.Writing;

/// <summary>Stores a user's revocation, or removes it.</summary>
/// <param name="revocation">Null: it is removed.</param>
/// <param name="forget">Users whose revocations are removed.</param>
internal sealed class RevocationWrite(string user, string? revocation, IReadOnlyList<string> forget, long queuedAt)
    : PendingWrite<bool>(queuedAt)
{
    public override int Weight => 1;

    public override void Write(WriterSession session)
    {
        foreach (var one in forget) session.Revoked.Remove(one);
        if (revocation is null) session.Revoked.Remove(user);
        else session.Revoked.Put(user, revocation);
    }

    public override void Succeed() => TrySetResult(true);
}

/// <summary>
/// Reads all revocations. This happens once, at the start, so it goes through the writer instead of a statement in every reader.
/// </summary>
internal sealed class RevocationRead(long queuedAt) : PendingWrite<IReadOnlyList<(string User, string Revocation)>>(queuedAt)
{
    private List<(string, string)> _all = [];

    public override int Weight => 1;

    public override void Write(WriterSession session) => _all = session.Revoked.Read();

    public override void Succeed() => TrySetResult(_all);
}
