namespace Realtime.Server.Log.Sqlite.Tables;

/// <summary>While it is open, the connection overwrites what it deletes with zeros. That costs a write for each freed page.</summary>
/// <remarks>Otherwise the writer does so only in pages that it writes anyway: <see cref="Database.ZeroAtNoCost"/>.</remarks>
internal readonly struct SecureDelete : IDisposable
{
    private readonly Database _database;

    public SecureDelete(Database database)
    {
        _database = database;
        _database.Execute("PRAGMA secure_delete = ON");
    }

    public void Dispose() => _database.Execute(Database.ZeroAtNoCost);
}
