using Realtime.Server.Log.Sqlite.Tables;
using SQLitePCL;

namespace Realtime.Server.Log.Sqlite;

/// <summary>The folder of an open store. While it is held, no other process (nor a second log of this one) can open it.</summary>
internal sealed class StoreFolder : IDisposable
{
    private const string FileName = "realtime.db";
    private const string LockName = "realtime.lock";

    /// <summary>The <c>PRAGMA user_version</c> of the tables in schema.sql.</summary>
    public const long SchemaVersion = 2;

    private readonly FileStream _lock;

    private StoreFolder(string path, FileStream @lock)
    {
        _lock = @lock;
        DatabasePath = Path.Combine(path, FileName);
    }

    public string DatabasePath { get; }

    /// <summary>Creates the folder and the tables if they are missing.</summary>
    /// <exception cref="StoreUnusableException">The store cannot be used as it is.</exception>
    public static StoreFolder Open(string path)
    {
        path = Path.GetFullPath(path);
        var folder = new StoreFolder(path, Lock(path));
        try
        {
            using var database = Database.OpenWriter(folder.DatabasePath);
            folder.ApplySchema(database);
            // A process that was killed left entries whose places were only in its memory.
            new TopicIndex(database).CatchUp();
            return folder;
        }
        catch (Exception e)
        {
            folder.Dispose();
            if (e is SqliteFailure failure) throw Unusable(folder.DatabasePath, failure);
            throw;
        }
    }

    public void Dispose() => _lock.Dispose();

    // The empty file stays: removing it could take away the lock of a process that has just opened it.
    private static FileStream Lock(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(path, e);
        }

        var name = Path.Combine(path, LockName);
        try
        {
            return new FileStream(name, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException e) when (File.Exists(name) && CanCreateIn(path))
        {
            throw new StoreUnusableException(
                $"The store in '{path}' is in use by another process. Stop that process, or give this one a folder of its own "
                + "(Hub:DataPath); "
                + "nodes that are to share notifications share a Redis (ConnectionStrings:Redis), not a folder.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(path, e);
        }
    }

    private static bool CanCreateIn(string path)
    {
        try
        {
            var probe = Path.Combine(path, Path.GetRandomFileName());
            File.Create(probe, bufferSize: 1, FileOptions.DeleteOnClose).Dispose();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static StoreUnusableException NotWritable(string path, Exception e) => new(
        $"Cannot write to the folder '{path}': {e.Message} Let the user '{Environment.UserName}' write there, or name another folder "
        + "(Hub:DataPath).", e);

    private static StoreUnusableException Unusable(string file, SqliteFailure e) => new(e.Code switch
    {
        raw.SQLITE_NOTADB or raw.SQLITE_CORRUPT =>
            $"'{file}' is damaged or no SQLite file: {e.Message}. Put a backup of realtime.db in its place, or move all realtime.db* "
            + "files away "
            + "to begin with an empty store; readers then get a gap.",
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED =>
            $"'{file}' is locked by another program: {e.Message}. Close the program that has it open (a database browser, a backup), then "
            + "start "
            + "again.",
        raw.SQLITE_FULL =>
            $"There is no room for '{file}': {e.Message}. Free space on its disk, or name another folder (Hub:DataPath).",
        raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_AUTH =>
            $"'{file}' cannot be opened for writing: {e.Message}. Let the user '{Environment.UserName}' read and write it and the files "
            + "beside it, "
            + "or name another folder (Hub:DataPath).",
        _ => $"'{file}' cannot be opened: {e.Message}. Check the disk, or name another folder (Hub:DataPath).",
    }, e);

    private void ApplySchema(Database database)
    {
        var version = database.ReadNumber("PRAGMA user_version");
        if (version == SchemaVersion) return;
        if (version is > 0 and < SchemaVersion)
        {
            for (; version < SchemaVersion; version++) Apply(database, $"upgrade-{version}-to-{version + 1}.sql", version + 1);
            return;
        }
        if (version > SchemaVersion)
        {
            throw new StoreUnusableException(
                $"'{DatabasePath}' was written by a newer version of this server (schema {version}, this one knows {SchemaVersion}). "
                + "Start that version, or name another folder (Hub:DataPath).");
        }
        if (version < 0 || database.ReadNumber("SELECT count(*) FROM sqlite_master") > 0)
        {
            throw new StoreUnusableException(
                $"'{DatabasePath}' belongs to another program. Move it away, or name another folder (Hub:DataPath).");
        }
        Apply(database, "schema.sql", SchemaVersion);
    }

    /// <summary>All or nothing: a crash leaves the file as it was, and the next start applies it again.</summary>
    private static void Apply(Database database, string script, long version)
    {
        using var resource = typeof(StoreFolder).Assembly.GetManifestResourceStream(script)!;
        using var reader = new StreamReader(resource);
        database.Execute($"BEGIN IMMEDIATE; {reader.ReadToEnd()}; PRAGMA user_version = {version}; COMMIT");
    }
}
