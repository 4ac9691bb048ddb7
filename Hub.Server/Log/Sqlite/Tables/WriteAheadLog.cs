namespace Realtime.Server.Log.Sqlite.Tables;

/// <summary>The lengths of SQLite's write-ahead log. In pages, except for <see cref="KeptBytes"/>.</summary>
internal static class WriteAheadLog
{
    /// <summary>SQLite's default.</summary>
    public const int PageBytes = 4096;

    /// <summary>The log is copied into the main file after this many pages: 16 MiB.</summary>
    public const int PagesDue = 4_000;

    /// <summary>At this multiple of that length, the writer waits for a copy that cannot keep up.</summary>
    public const int MostTimesDue = 4;

    /// <summary>
    /// At this multiple of that length, something other than a copy kept the log from being reused: once it can be reused, its file is cut.
    /// </summary>
    public const int CutAtTimesDue = MostTimesDue + 1;

    /// <summary>Bytes of the file that stay when the log is reused from its beginning.</summary>
    public const long KeptBytes = CutAtTimesDue * PagesDue * PageBytes;

    /// <summary>Whether another program has held up the log of a store: the log is longer than it ever is otherwise.</summary>
    public static bool IsLong(string path) => BytesOf(path) > KeptBytes;

    /// <summary>Bytes of the log's file; 0 if there is none.</summary>
    public static long BytesOf(string path) => new FileInfo(path + "-wal") is { Exists: true } file ? file.Length : 0;
}
