namespace Realtime.Server.Log.Sqlite.Tables;

/// <summary>How long SQLite's write-ahead log becomes. In pages, but for <see cref="KeptBytes"/>.</summary>
internal static class WriteAheadLog
{
    /// <summary>SQLite's default.</summary>
    public const int PageBytes = 4096;

    /// <summary>The log is copied into the main file after so many pages: 16 MiB.</summary>
    public const int PagesDue = 4_000;

    /// <summary>At so many times that length the writer waits for a copy that cannot keep up.</summary>
    public const int MostTimesDue = 4;

    /// <summary>
    /// At so many times that length something other than a copy kept the log from being used again: once it can be, its file is cut.
    /// </summary>
    public const int CutAtTimesDue = MostTimesDue + 1;

    /// <summary>Bytes of the file that stay when the log is used from its beginning again.</summary>
    public const long KeptBytes = CutAtTimesDue * PagesDue * PageBytes;

    /// <summary>Whether another program has held up the log of a store: it is longer than it ever is otherwise.</summary>
    public static bool IsLong(string path) => new FileInfo(path + "-wal") is { Exists: true, Length: > KeptBytes };
}
