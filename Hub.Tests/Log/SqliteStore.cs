using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Server.Log;
using Realtime.Server.Log.Sqlite;
using Realtime.Server.Node;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Log;

/// <summary>An embedded store in a folder of its own. Its backups are copies of its files, taken while no process has them open.</summary>
internal sealed class SqliteStore : ILogUnderTest
{
    private readonly RetentionOptions _retention;
    private readonly TimeProvider _time;
    private readonly Action<Topic, Notification> _announced;
    private readonly DirectoryInfo _place = Directory.CreateTempSubdirectory("hub-log-");
    private readonly int _indexDue;
    private SqliteLog _log;

    private SqliteStore(RetentionOptions retention, TimeProvider time, Action<Topic, Notification> announced, int indexDue)
    {
        (_retention, _time, _announced, _indexDue) = (retention, time, announced, indexDue);
        _log = NewLog();
    }

    INotificationLog ILogUnderTest.Log => _log;

    public SqliteLog Log => _log;

    public string Folder => Path.Combine(_place.FullName, "data");

    public string File => Path.Combine(Folder, "realtime.db");

    private string Backup => Path.Combine(_place.FullName, "backup");

    /// <param name="indexDue">The number of waiting entries at which they are entered in the index by topic.</param>
    public static async Task<SqliteStore> OpenAsync(
        RetentionOptions? retention = null, TimeProvider? time = null, Action<Topic, Notification>? announced = null,
        int indexDue = Indexing.DefaultDue)
    {
        var store = new SqliteStore(retention ?? new(), time ?? TimeProvider.System, announced ?? ((_, _) => { }), indexDue);
        await store._log.OpenAsync(CancellationToken.None);
        return store;
    }

    /// <summary>A second log on the same folder, not yet open.</summary>
    public SqliteLog NewLog() =>
        new(
            new LogOptions { DataPath = Folder, Retention = _retention }, _announced, new HubCounters(), _time,
            NullLogger<SqliteLog>.Instance, _indexDue);

    public async Task ReopenAsync()
    {
        await _log.DisposeAsync();
        await OpenAgainAsync();
    }

    public async Task BackUpAsync()
    {
        await _log.DisposeAsync();
        Copy(Folder, Backup);
        await OpenAgainAsync();
    }

    public async Task RewindAsync(bool keepAcknowledged = false)
    {
        await _log.DisposeAsync();
        if (keepAcknowledged)
            Execute(Path.Combine(Backup, "realtime.db"),
                $"ATTACH '{File}' AS now; REPLACE INTO acknowledged SELECT * FROM now.acknowledged");
        Copy(Backup, Folder);
        await OpenAgainAsync();
    }

    /// <summary>Changes the file directly, without the log.</summary>
    public static void Execute(string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Queries the file directly, without the log.</summary>
    public long Count(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    public async ValueTask DisposeAsync()
    {
        await _log.DisposeAsync();
        _place.Delete(recursive: true);
    }

    private Task OpenAgainAsync()
    {
        _log = NewLog();
        return _log.OpenAsync(CancellationToken.None);
    }

    private static void Copy(string from, string to)
    {
        if (Directory.Exists(to)) Directory.Delete(to, recursive: true);
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from)) System.IO.File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}
