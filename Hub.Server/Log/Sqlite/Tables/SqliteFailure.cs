using SQLitePCL;

namespace Realtime.Server.Log.Sqlite.Tables;

/// <summary>A call to SQLite failed.</summary>
/// <param name="code">The extended result code, https://www.sqlite.org/rescode.html.</param>
internal sealed class SqliteFailure(int code, string message) : Exception($"{message} (SQLite {code})")
{
    private const int PrimaryMask = 0xff;

    public int Code => code & PrimaryMask;

    /// <summary>
    /// True if only this statement is at fault (a constraint, a value that is too large) and the store is well. Any other failure would hit
    /// the next statement too.
    /// </summary>
    public bool IsOfOneStatement =>
        Code is raw.SQLITE_ERROR or raw.SQLITE_CONSTRAINT or raw.SQLITE_TOOBIG or raw.SQLITE_MISMATCH or raw.SQLITE_RANGE;

    /// <summary>True if the connection is still usable: there was no room, or another connection held a lock.</summary>
    public bool LeavesConnectionIntact => IsOfOneStatement || Code is raw.SQLITE_FULL or raw.SQLITE_BUSY or raw.SQLITE_LOCKED;
}
