namespace Realtime.Server.Log.Sqlite.Tables;

/// <summary>Users whose tokens are refused. Created when it is missing, so that earlier versions still open the store.</summary>
internal sealed class RevokedTable
{
    private const string Table = "CREATE TABLE IF NOT EXISTS revoked (user TEXT PRIMARY KEY, revocation TEXT NOT NULL)";

    private readonly Statement _read;
    private readonly Statement _put;
    private readonly Statement _remove;

    public RevokedTable(Database database)
    {
        database.Execute(Table);
        _read = database.Prepare("SELECT user, revocation FROM revoked");
        _put = database.Prepare("REPLACE INTO revoked (user, revocation) VALUES (?1, ?2)");
        _remove = database.Prepare("DELETE FROM revoked WHERE user = ?1");
    }

    public List<(string User, string Revocation)> Read()
    {
        List<(string, string)> all = [];
        using var rows = _read.Query();
        while (rows.Next()) all.Add((rows.Text(0), rows.Text(1)));
        return all;
    }

    public void Put(string user, string revocation)
    {
        _put.Bind(1, user);
        _put.Bind(2, revocation);
        _put.Run();
    }

    public void Remove(string user)
    {
        _remove.Bind(1, user);
        _remove.Run();
    }
}
