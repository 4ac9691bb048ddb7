using SQLitePCL;

namespace Realtime.Server.Log.Sqlite.Tables;

/// <summary>One connection to the store's file and the statements prepared on it. One thread at a time.</summary>
internal sealed class Database : IDisposable
{
    /// <summary>
    /// How long a statement waits for a lock: another connection holds one for microseconds, except for external tools.
    /// </summary>
    private const int LockWaitMilliseconds = 500;

    /// <summary>Overwrites what is deleted with zeros in pages that are written anyway. SQLite does it everywhere if set to ON.</summary>
    public const string ZeroAtNoCost = "PRAGMA secure_delete = FAST";

    // The pages that appends touch most: the index leaf of each active topic.
    private const int WriterCacheKiB = 16 * 1024;
    private const int ReaderCacheKiB = 1024;

    private readonly string _path;
    private readonly sqlite3 _connection;
    private readonly List<Statement> _statements = [];

    static Database() => Batteries_V2.Init();

    private Database(string path, int mode)
    {
        _path = path;
        // No mutex: each connection is used by one thread at a time.
        var result = raw.sqlite3_open_v2(path, out _connection, mode | raw.SQLITE_OPEN_NOMUTEX, null);
        if (result != raw.SQLITE_OK)
        {
            using (_connection) throw new SqliteFailure(result, raw.sqlite3_errstr(result).utf8_to_string());
        }
        raw.sqlite3_extended_result_codes(_connection, 1);
        raw.sqlite3_busy_timeout(_connection, LockWaitMilliseconds);
    }

    /// <summary>The connection that writes; creates the file if it is missing.</summary>
    /// <exception cref="SqliteFailure">The file is locked, not a database or not accessible.</exception>
    public static Database OpenWriter(string path) => Open(path, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE, WriterCacheKiB,
        // FULL: a commit has reached the disk before it returns. Checkpoints run beside commits, not within one.
        $"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = "
        + $"{WriteAheadLog.KeptBytes}; {ZeroAtNoCost}");

    /// <summary>A connection that checkpoints while the writer writes.</summary>
    /// <exception cref="SqliteFailure">The file cannot be read.</exception>
    public static Database OpenCheckpointer(string path) =>
        Open(path, raw.SQLITE_OPEN_READWRITE, ReaderCacheKiB, "PRAGMA synchronous = FULL; PRAGMA query_only = ON");

    /// <summary>A connection that reads committed data, also while the writer writes.</summary>
    /// <exception cref="SqliteFailure">The file cannot be read.</exception>
    public static Database OpenReader(string path) => Open(path, raw.SQLITE_OPEN_READWRITE, ReaderCacheKiB, "PRAGMA query_only = ON");

    public bool InTransaction => raw.sqlite3_get_autocommit(_connection) == 0;

    public Statement Prepare(string sql)
    {
        var statement = new Statement(_connection, sql);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Runs statements whose rows do not matter, separated by semicolons.</summary>
    public void Execute(string sql)
    {
        var result = raw.sqlite3_exec(_connection, sql, null, null, out var error);
        if (result != raw.SQLITE_OK) throw new SqliteFailure(raw.sqlite3_extended_errcode(_connection), error);
    }

    /// <summary>The first column of the first row.</summary>
    public long ReadNumber(string sql)
    {
        using var statement = new Statement(_connection, sql);
        using var rows = statement.Query();
        return rows.Next() ? rows.Int64(0) : throw new InvalidOperationException($"No row: {sql}");
    }

    /// <summary>The pages that this connection has written since the last call.</summary>
    public int TakePagesWritten()
    {
        raw.sqlite3_db_status(_connection, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, 1);
        return pages;
    }

    /// <summary>Copies the write-ahead log into the main file.</summary>
    /// <param name="mode">PASSIVE copies everything that no reader blocks.</param>
    /// <returns>The pages in the write-ahead log, and how many of them have been copied.</returns>
    public (int Pages, int Copied) Checkpoint(int mode)
    {
        var result = raw.sqlite3_wal_checkpoint_v2(_connection, "main", mode, out var pages, out var copied);
        // Busy: readers or a tool were in the way; the next checkpoint continues.
        return result is raw.SQLITE_OK or raw.SQLITE_BUSY
            ? (pages, copied)
            : throw new SqliteFailure(result, raw.sqlite3_errmsg(_connection).utf8_to_string());
    }

    /// <summary>Lets the write-ahead log be reused from its beginning, if all of it has been or can be copied.</summary>
    /// <param name="wait">How long to wait for readers that are in the way.</param>
    /// <param name="cut">Whether the file is cut, too.</param>
    /// <returns>False if readers are in the way for longer.</returns>
    public bool TryRestartLog(TimeSpan wait, bool cut)
    {
        raw.sqlite3_busy_timeout(_connection, (int)wait.TotalMilliseconds);
        var result = raw.sqlite3_wal_checkpoint_v2(_connection, "main", cut
            ? raw.SQLITE_CHECKPOINT_TRUNCATE
            : raw.SQLITE_CHECKPOINT_RESTART, out _, out _);
        raw.sqlite3_busy_timeout(_connection, LockWaitMilliseconds);
        return result is raw.SQLITE_OK or raw.SQLITE_BUSY
            ? result == raw.SQLITE_OK
            : throw new SqliteFailure(result, raw.sqlite3_errmsg(_connection).utf8_to_string());
    }

    /// <summary>Ends a checkpoint that another thread runs on this connection. The next one copies the rest.</summary>
    public void Interrupt() => raw.sqlite3_interrupt(_connection);

    public void Dispose()
    {
        // The connection that is closed last copies the log. A long log would delay the end of the process; the next start continues with
        // it.
        if (WriteAheadLog.IsLong(_path)) raw.sqlite3_db_config(_connection, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);
        foreach (var statement in _statements) statement.Dispose();
        _connection.Dispose();
    }

    private static Database Open(string path, int mode, int cacheKiB, string settings)
    {
        var database = new Database(path, mode);
        try
        {
            database.Execute($"PRAGMA cache_size = -{cacheKiB}; PRAGMA temp_store = MEMORY; {settings}");
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }
}
