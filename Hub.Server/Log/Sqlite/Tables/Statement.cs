using System.Buffers;
using System.Text;
using SQLitePCL;

namespace Realtime.Server.Log.Sqlite.Tables;

/// <summary>
/// A prepared statement, reused by the one thread that has its connection. Indexes are SQLite's: parameters from 1, columns from 0.
/// </summary>
internal sealed class Statement : IDisposable
{
    private const int LongestTextOnStack = 512;

    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _handle;

    public Statement(sqlite3 connection, string sql)
    {
        _connection = connection;
        Check(raw.sqlite3_prepare_v3(connection, sql, raw.SQLITE_PREPARE_PERSISTENT, out _handle));
    }

    public void Bind(int parameter, long value) => Check(raw.sqlite3_bind_int64(_handle, parameter, value));

    public void Bind(int parameter, ReadOnlySpan<byte> value) => Check(raw.sqlite3_bind_blob(_handle, parameter, value));

    public void Bind(int parameter, string value)
    {
        byte[]? rented = null;
        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        var buffer = most <= LongestTextOnStack ? stackalloc byte[LongestTextOnStack] : rented = ArrayPool<byte>.Shared.Rent(most);
        var text = buffer[..Encoding.UTF8.GetBytes(value, buffer)];
        Check(raw.sqlite3_bind_text(_handle, parameter, text));
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>Runs a statement whose rows, if any, do not matter.</summary>
    public void Run()
    {
        using var rows = Query();
        while (rows.Next()) { }
    }

    /// <summary>Runs a statement; the rows must be disposed before it is used again.</summary>
    public Rows Query() => new(this);

    public void Dispose() => _handle.Dispose();

    private bool Step()
    {
        var result = raw.sqlite3_step(_handle);
        if (result == raw.SQLITE_ROW) return true;
        if (result == raw.SQLITE_DONE) return false;
        throw Failure(result);
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK) throw Failure(result);
    }

    private SqliteFailure Failure(int result) => new(result, raw.sqlite3_errmsg(_connection).utf8_to_string());

    /// <summary>
    /// The rows of a running statement. Columns may be read after <see cref="Next"/> has returned true, until it is called again.
    /// </summary>
    public readonly ref struct Rows(Statement statement)
    {
        public bool Next() => statement.Step();

        public long Int64(int column) => raw.sqlite3_column_int64(statement._handle, column);

        public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(statement._handle, column);

        public string Text(int column) => raw.sqlite3_column_text(statement._handle, column).utf8_to_string();

        // A reset returns the error that the last step has thrown already.
        public void Dispose() => raw.sqlite3_reset(statement._handle);
    }
}
