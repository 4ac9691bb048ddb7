namespace Realtime.Server.Log.Sqlite.Tables;

/// <summary>While it is open, the connection overwrites what it deletes with zeros. That costs a write for each freed page.</summary>
/// <remarks>Otherwise the writer does so only in pages that it writes anyway (FAST), so that no page keeps a copy of what moved on.</remarks>
internal readonly struct SecureDelete : IDisposable
{
    public const string Otherwise = "PRAGMA secure_delete = FAST";

    private readonly Database _database;

    public SecureDelete(Database database)
    {
        _database = database;
        _database.Execute("PRAGMA secure_delete = ON");
    }

    public void Dispose() => _database.Execute(Otherwise);
}
