namespace Realtime.Server.Log.Sqlite.Tables;

/// <summary>
/// Browser sessions that were ended before their cookie expires. Created when it is missing, so that earlier versions still open the store.
/// </summary>
internal sealed class EndedSessionTable
{
    private const string Table = """
        CREATE TABLE IF NOT EXISTS ended_sessions (session TEXT PRIMARY KEY, expires_at INTEGER NOT NULL);
        CREATE INDEX IF NOT EXISTS ended_sessions_by_expiry ON ended_sessions (expires_at);
        """;

    private readonly Statement _read;
    private readonly Statement _put;
    private readonly Statement _forget;

    public EndedSessionTable(Database database)
    {
        database.Execute(Table);
        _read = database.Prepare("SELECT session, expires_at FROM ended_sessions WHERE expires_at > ?1");
        _put = database.Prepare(
            "INSERT INTO ended_sessions (session, expires_at) VALUES (?1, ?2) "
            + "ON CONFLICT (session) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)");
        _forget = database.Prepare("DELETE FROM ended_sessions WHERE expires_at <= ?1");
    }

    /// <param name="now">Unix milliseconds, as all times here.</param>
    public List<(string Session, long ExpiresAt)> Read(long now)
    {
        List<(string, long)> all = [];
        _read.Bind(1, now);
        using var rows = _read.Query();
        while (rows.Next()) all.Add((rows.Text(0), rows.Int64(1)));
        return all;
    }

    /// <summary>Adds a session, and removes those whose cookies have expired.</summary>
    public void Put(string session, long expiresAt, long now)
    {
        _forget.Bind(1, now);
        _forget.Run();
        _put.Bind(1, session);
        _put.Bind(2, expiresAt);
        _put.Run();
    }
}
