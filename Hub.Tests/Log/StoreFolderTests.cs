using Microsoft.Data.Sqlite;
using Realtime.Server.Log;
using Realtime.Server.Log.Sqlite;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Log;

/// <summary>A folder that is not usable: the server refuses to start and says how to fix it.</summary>
[CancelAfter(60_000)]
internal sealed class StoreFolderTests
{
    [Test]
    public void Every_earlier_schema_has_a_step_to_the_next() => Assert.That(
        Enumerable.Range(1, (int)StoreFolder.SchemaVersion - 1).Select(version => $"upgrade-{version}-to-{version + 1}.sql"),
        Is.Not.Empty.And.SubsetOf(typeof(StoreFolder).Assembly.GetManifestResourceNames()));

    [Test]
    public async Task A_second_process_on_the_same_folder_is_refused_with_a_way_out(CancellationToken cancel)
    {
        await using var first = await TestServer.StartAsync(cancel: cancel);
        await using var second = await TestServer.StartAsync(new ServerSettings { DataPath = first.DataPath, AwaitReady = false }, cancel);
        Assert.That(await second.ExitAsync(), Is.Not.Zero);
        Assert.That(second.Output, Does.Contain("is in use by another process").And.Contain("Hub:DataPath"));
        Assert.That(await first.PublishAsync("alice", "order 1", cancel), Is.EqualTo(1), "the first one does not notice");
    }

    [Test]
    public async Task A_folder_is_free_again_after_its_process_was_killed(CancellationToken cancel)
    {
        await using var server = await TestServer.StartAsync(cancel: cancel);
        await server.KillAsync();
        await server.StartAgainAsync(cancel);
        Assert.That(await server.PublishAsync("alice", "order 1", cancel), Is.EqualTo(1));
    }

    [Test]
    public async Task A_second_log_of_the_same_process_is_refused()
    {
        await using var store = await SqliteStore.OpenAsync();
        Refuses(store, "is in use by another process");
    }

    [Test]
    public async Task A_file_that_is_no_database_is_refused_and_left_alone()
    {
        await using var store = await ClosedStoreAsync();
        await File.WriteAllTextAsync(store.File, new string('?', 10_000));
        Refuses(store, "is damaged or no SQLite file");
        Assert.That(await File.ReadAllTextAsync(store.File), Is.EqualTo(new string('?', 10_000)));
    }

    [Test]
    public async Task A_database_of_another_program_is_refused()
    {
        await using var store = await ClosedStoreAsync();
        File.Delete(store.File);
        SqliteStore.Execute(store.File, "CREATE TABLE somebody_elses (x)");
        Refuses(store, "belongs to another program");
    }

    [Test]
    public async Task A_store_of_a_newer_version_is_refused()
    {
        await using var store = await ClosedStoreAsync();
        SqliteStore.Execute(store.File, "PRAGMA user_version = 99");
        Refuses(store, "newer version of this server");
    }

    [Test]
    public async Task A_store_that_another_program_has_locked_is_refused()
    {
        await using var store = await ClosedStoreAsync();
        await using var other = new SqliteConnection($"Data Source={store.File};Pooling=False");
        await other.OpenAsync();
        await using var command = other.CreateCommand();
        command.CommandText = "PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; UPDATE topics SET name = name";
        await command.ExecuteNonQueryAsync();
        Refuses(store, "is locked by another program");
    }

    [Test]
    public async Task A_folder_that_cannot_be_made_is_refused()
    {
        await using var store = await ClosedStoreAsync();
        Directory.Delete(store.Folder, recursive: true);
        await File.WriteAllTextAsync(store.Folder, "a file in its place");
        Refuses(store, "Cannot write to the folder");
        File.Delete(store.Folder);
    }

    private static async Task<SqliteStore> ClosedStoreAsync()
    {
        var store = await SqliteStore.OpenAsync();
        await store.Log.DisposeAsync();
        return store;
    }

    private static void Refuses(SqliteStore store, string sentence)
    {
        var log = store.NewLog();
        Assert.That(
            async () => await log.OpenAsync(CancellationToken.None),
            Throws.TypeOf<StoreUnusableException>().With.Message.Contains(sentence).And.Message.Contains(store.Folder));
    }
}
