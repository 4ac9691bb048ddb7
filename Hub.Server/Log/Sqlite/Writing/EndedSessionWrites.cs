namespace Realtime.Server.Log.Sqlite.Writing;

/// <summary>Stores that a browser session was ended.</summary>
internal sealed class EndedSessionWrite(string session, DateTimeOffset expiresAt, DateTimeOffset now, long queuedAt)
    : PendingWrite<bool>(queuedAt)
{
    public override int Weight => 1;

    public override void Write(WriterSession writer) =>
        writer.EndedSessions.Put(session, expiresAt.ToUnixTimeMilliseconds(), now.ToUnixTimeMilliseconds());

    public override void Succeed() => TrySetResult(true);
}

/// <summary>Reads the sessions that were ended. This happens once, at the start.</summary>
internal sealed class EndedSessionRead(DateTimeOffset now, long queuedAt)
    : PendingWrite<IReadOnlyList<(string Session, long ExpiresAt)>>(queuedAt)
{
    private List<(string, long)> _all = [];

    public override int Weight => 1;

    public override void Write(WriterSession writer) => _all = writer.EndedSessions.Read(now.ToUnixTimeMilliseconds());

    public override void Succeed() => TrySetResult(_all);
}
