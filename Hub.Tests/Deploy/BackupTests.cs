using System.Diagnostics;
using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Faults;
using Realtime.Tests.Support;

namespace Realtime.Tests.Deploy;

/// <summary>The scripts under <c>deploy/systemd/</c>, run as they are, with real servers on the embedded store.</summary>
[CancelAfter(180_000), Parallelizable(ParallelScope.Children), FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class BackupTests : IDisposable
{
    private const string Alice = "alice";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly string[] Groups = ["west"], Topics = ["user:alice", "user:bob", "group:west", "all"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hub-backup-");

    // A quote in the path: the script writes it into SQL.
    private string Backups => Path.Combine(_folder.FullName, "alice's back-ups");

    public void Dispose() => _folder.Delete(recursive: true);

    [Test]
    public async Task A_back_up_taken_under_publishes_has_what_was_confirmed_before_and_a_server_delivers_it(CancellationToken cancel)
    {
        var seed = Random.Shared.Next(1_000_000);
        TestContext.Out.WriteLine($"Seed {seed}");
        await using var server = await TestServer.StartAsync(cancel: cancel);
        var recording = new Recording();
        var publishers = new Publishers(server, recording, Topics, seed);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var publishing = publishers.RunAsync(4, int.MaxValue, enough.Token);
        await Eventually.Ends("publishes are confirmed", publishers.ConfirmedAsync(300), Limit, cancel);

        var before = new Recording();
        foreach (var confirmed in recording.Tries.Where(it => it.IsConfirmed)) before.Tries.Enqueue(confirmed);
        var atStart = publishers.Confirmed;
        var (code, output) = await RunAsync("backup.sh", server.DataPath, Backups);
        Assert.That(code, Is.Zero, output);
        await Eventually.Ends("publishes go on", publishers.ConfirmedAsync(publishers.Confirmed + 50), Limit, cancel);
        await enough.CancelAsync();
        Assert.That(async () => await publishing, Throws.InstanceOf<OperationCanceledException>());
        await LogReader.ReadAsync(server, recording, [Alice, "bob"], Groups, cancel);

        await using var restored = await RestoreAsync(cancel);
        await LogReader.ReadAsync(restored, before, [Alice, "bob"], Groups, cancel);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        List<RecordingReader> readers =
        [
            new(restored.Address, before, Alice, Groups, transport: null),
            new(restored.Address, before, "bob", Groups, Transport.WebSockets),
        ];
        var running = Task.WhenAll(readers.Select(reader => reader.RunAsync(reading.Token)));
        await Eventually.True("every reader is at the head", () => readers.All(reader => reader.HasReached(before.Log)), Limit, cancel);
        await reading.CancelAsync();
        await running;

        TestContext.Out.WriteLine($"{atStart} orders before the back-up, {output}");
        Assert.That(Checker.Check(before), Is.Empty, $"seed {seed}");
        foreach (var (topic, items) in before.Log)
            Assert.That(recording.Log[topic].Take(items.Count), Is.EqualTo(items), $"{topic}: a beginning of what the first server has");
        var (has, had) = (TopicsOf(before), TopicsOf(recording));
        Assert.That(has.Where(order => order.Value != had[order.Key]), Is.Empty, "a publish to several topics is in the back-up, or is not");
        Assert.That(had, Has.Count.GreaterThan(has.Count), "publishes went on after the back-up");

        var last = before.Log["user:alice"][^1].Place.Sequence;
        Assert.That(await restored.PublishAsync(Alice, "next", cancel, "next"), Is.EqualTo(last + 1));
    }

    [Test]
    public async Task Readers_of_a_store_that_was_restored_in_its_place_are_told_what_is_lost(CancellationToken cancel)
    {
        await using var server = await TestServer.StartAsync(cancel: cancel);
        for (var n = 1; n <= 3; n++) await server.PublishAsync(Alice, $"{n}", cancel, $"key-{n}");
        Assert.That((await RunAsync("backup.sh", server.DataPath, Backups)).Code, Is.Zero);
        for (var n = 4; n <= 5; n++) await server.PublishAsync(Alice, $"{n}", cancel, $"key-{n}");
        var cursor = (await server.HistoryAsync(Tokens.For(Alice), "?after=earliest", cancel)).Cursor();
        await server.StopAsync();

        var (code, output) = await RunAsync("restore.sh", BackupFiles().Single(), server.DataPath);
        Assert.That(code, Is.Zero, output);
        await server.StartAgainAsync(cancel);
        Assert.That(await server.PublishAsync(Alice, "3", cancel, "key-3"), Is.EqualTo(3), "a repeat of what the back-up has");
        Assert.That(await server.PublishAsync(Alice, "5", cancel, "key-5"), Is.EqualTo(4), "a repeat of what it does not have");
        await using var reader = await EventStreamReceiver.ConnectAsync(server.Address, Tokens.For(Alice), cursor, cancel);
        var items = (await reader.TakeAsync(6, cancel)).Select(Items.Describe).Where(it => it != "position");
        Assert.That(items, Is.EqualTo(
            ["gap user:alice 5-1 reset", "user:alice 1 1", "user:alice 2 2", "user:alice 3 3", "user:alice 4 5"]));
        var kept = Directory.GetDirectories(server.DataPath, "before-restore-*").Single();
        Assert.That(File.Exists(Path.Combine(kept, "realtime.db")), "what was there is kept");
    }

    [Test]
    public async Task A_store_in_use_and_a_file_that_is_no_back_up_are_refused_and_the_store_stays(CancellationToken cancel)
    {
        await using var server = await TestServer.StartAsync(cancel: cancel);
        await server.PublishAsync(Alice, "1", cancel);
        Assert.That((await RunAsync("backup.sh", server.DataPath, Backups)).Code, Is.Zero);
        var (code, output) = await RunAsync("restore.sh", BackupFiles().Single(), server.DataPath);
        Assert.That((code, output), Is.EqualTo((1, $"restore.sh: a node uses {server.DataPath}: stop it first (systemctl stop realtime-hub)")));

        await server.StopAsync();
        var other = Path.Combine(_folder.FullName, "other.db");
        await File.WriteAllTextAsync(other, string.Concat(Enumerable.Repeat("no database ", 1_000)), cancel);
        (code, output) = await RunAsync("restore.sh", other, server.DataPath);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(output, Does.Contain($"restore.sh: {other} cannot be read; sqlite3 says why. The store is untouched"));
        Assert.That(Directory.GetDirectories(server.DataPath, "before-restore-*"), Is.Empty);
        Assert.That(Directory.GetFiles(server.DataPath, ".*"), Is.Empty, "no draft is left");
        await server.StartAgainAsync(cancel);
        Assert.That(await server.PublishAsync(Alice, "2", cancel), Is.EqualTo(2));
    }

    [Test]
    public async Task The_newest_back_ups_are_kept_and_other_files_are_left_alone(CancellationToken cancel)
    {
        await using var server = await TestServer.StartAsync(cancel: cancel);
        Directory.CreateDirectory(Backups);
        string[] old = [.. Enumerable.Range(1, 3).Select(day => $"realtime-2026010{day}T000000000Z.db")];
        foreach (var name in (string[])[.. old, "realtime-monthly.db", ".realtime-20260104T000000000Z.db.draft"])
            await File.WriteAllTextAsync(Path.Combine(Backups, name), "", cancel);
        var (code, output) = await RunAsync("backup.sh", server.DataPath, Backups, "--keep", "2");
        Assert.That(code, Is.Zero, output);
        var names = Directory.GetFiles(Backups).Select(Path.GetFileName).Except([".lock"]).Order(StringComparer.Ordinal).ToList();
        Assert.That(names, Has.Count.EqualTo(3));
        Assert.That(names, Is.SupersetOf([old[2], "realtime-monthly.db"]), "the draft of a back-up that was killed is removed");
        if (!OperatingSystem.IsWindows())
            Assert.That(File.GetUnixFileMode(BackupFiles().Last()), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public async Task A_back_up_that_fails_says_why_and_removes_nothing(CancellationToken cancel)
    {
        var data = _folder.CreateSubdirectory("data").FullName;
        var store = Path.Combine(data, "realtime.db");
        Directory.CreateDirectory(Backups);
        var earlier = Path.Combine(Backups, "realtime-20260101T000000000Z.db");
        await File.WriteAllTextAsync(earlier, "", cancel);
        await FailsAsync(1, $"there is no store at {store}: DATA_FOLDER is the node's Hub:DataPath", data, Backups);
        await File.WriteAllTextAsync(store, string.Concat(Enumerable.Repeat("no database ", 1_000)), cancel);
        await FailsAsync(
            1, $"{store} cannot be copied to {Backups}; sqlite3 says why. Earlier back-ups are untouched", data, Backups, "--keep", "1");
        await FailsAsync(1, $"cannot make the folder {earlier}", data, earlier);
        await FailsAsync(2, "--keep needs a number from 1 to 9999", data, Backups, "--keep", "0");
        await FailsAsync(2, "unknown option --fast", "--fast");
        Assert.That(Directory.GetFiles(Backups).Select(Path.GetFileName), Is.EquivalentTo([".lock", Path.GetFileName(earlier)]));
    }

    private IEnumerable<string> BackupFiles() => Directory.GetFiles(Backups, "realtime-2*.db").Order(StringComparer.Ordinal);

    /// <summary>A server on a folder of its own, with the only back-up.</summary>
    private async Task<ServerProcess> RestoreAsync(CancellationToken cancel)
    {
        var data = _folder.CreateSubdirectory("restored").FullName;
        var (code, output) = await RunAsync("restore.sh", BackupFiles().Single(), data);
        Assert.That(code, Is.Zero, output);
        return await TestServer.StartAsync(new ServerSettings { DataPath = data }, cancel);
    }

    private static Dictionary<string, string> TopicsOf(Recording recording) => recording.Log.Values.SelectMany(items => items)
        .GroupBy(item => item.Order)
        .ToDictionary(it => it.Key, it => string.Join(' ', it.Select(item => item.Place.Topic).Order(StringComparer.Ordinal)));

    private static async Task FailsAsync(int expected, string reason, params string[] arguments)
    {
        var (code, output) = await RunAsync("backup.sh", arguments);
        Assert.That(code, Is.EqualTo(expected), output);
        Assert.That(output, Does.Contain($"backup.sh: {reason}"));
    }

    private static async Task<(int Code, string Output)> RunAsync(string script, params string[] arguments)
    {
        Requires.Command("sqlite3");
        Requires.Command("flock");
        using var process = ChildProcess.Start(
            new ProcessStartInfo(Requires.Command("bash"), [Repository.PathOf($"deploy/systemd/{script}"), .. arguments]));
        return (await process.ExitAsync(Limit), process.Output);
    }
}
