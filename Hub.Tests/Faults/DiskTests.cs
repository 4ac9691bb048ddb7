using System.Diagnostics;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Faults;

/// <summary>A full disk: publishes are refused, everything else continues, and publishing resumes when there is room again.</summary>
[CancelAfter(120_000)]
internal sealed class DiskTests
{
    private const int Publishers = 4, OrdersEach = 150;

    private static readonly string[] Topics = ["user:alice", "group:west", "all"];
    private static readonly object Bob = new { users = new[] { "bob" } };

    // The longest wait of a publisher for its 503: two seconds, plus what a busy build machine adds.
    private static readonly TimeSpan LongestRefusal = TimeSpan.FromSeconds(4);

    [Test]
    public async Task A_full_disk_refuses_publishes_and_nothing_else_until_there_is_room(CancellationToken cancel)
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 64);
        var data = Directory.CreateDirectory(Path.Combine(disk.Path, "data")).FullName;
        await using var server = await TestServer.StartAsync(new ServerSettings { DataPath = data }, cancel);
        await RunAsync(server, FillAsync, disk.MakeRoomAsync, cancel);

        async Task FillAsync()
        {
            await disk.FillAsync();
            await BeginsNoSessionAsync(server, cancel);
        }
    }

    [Test]
    public async Task A_disk_that_fails_to_write_refuses_publishes_and_nothing_else_until_it_is_well(CancellationToken cancel)
    {
        var prlimit = Requires.Command("prlimit");
        // An ignored signal is inherited: a write beyond the limit then fails instead of killing the process.
        await using var server = await TestServer.StartAsync(
            new ServerSettings { Through = [Requires.Command("sh"), "-c", "trap '' XFSZ; exec \"$0\" \"$@\""] }, cancel);
        Task LimitAsync(string bytes) => Commands.RunAsync(prlimit, "--pid", $"{server.ProcessId}", $"--fsize={bytes}:");
        await RunAsync(server, () => LimitAsync("40960"), () => LimitAsync("unlimited"), cancel);
    }

    private static async Task RunAsync(ServerProcess server, Func<Task> breakAsync, Func<Task> mendAsync, CancellationToken cancel)
    {
        var recording = new Recording();
        var publishers = new Publishers(server, recording, Topics, seed: 1);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var reader = new RecordingReader(server.Address, recording, "alice", ["west"], transport: null);
        var running = reader.RunAsync(reading.Token);
        var publishing = publishers.RunAsync(Publishers, OrdersEach, cancel);

        await publishers.ConfirmedAsync(Publishers * OrdersEach / 4);
        await breakAsync();
        await Eventually.True("publishes are refused", () => Refused(recording) >= 20, cancel);
        await IsRefusedAsync(server, cancel);
        await server.HistoryAsync(Tokens.For("alice", ["west"]), "?after=earliest&limit=500", cancel);
        using (var live = await server.Http.GetAsync(new Uri("/health/live", UriKind.Relative), cancel)) Assert.That(
            live.IsSuccessStatusCode);

        Assert.That(publishing.IsCompleted, Is.False);
        await mendAsync();
        await Eventually.Ends("everything is published", publishing, TimeSpan.FromSeconds(40), cancel);
        await LogReader.ReadAsync(server, recording, ["alice"], ["west"], cancel);
        await Eventually.True("the reader is at the head", () => reader.HasReached(recording.Log), cancel);
        await reading.CancelAsync();
        await running;

        TestContext.Out.WriteLine($"{recording.Tries.Count} tries, {Refused(recording)} refused.");
        Assert.That(Checker.Check(recording), Is.Empty);
        Assert.That(reader.Cuts, Is.Zero, "a reader notices nothing");
        Assert.That(recording.Tries.Count(it => it.Status == 0), Is.Zero, "every publisher got an answer");
        await server.StopAsync();
    }

    /// <summary>The key of session cookies is created when it is first needed, on the full disk.</summary>
    private static async Task BeginsNoSessionAsync(ServerProcess server, CancellationToken cancel)
    {
        using var request = TestServer.Request(HttpMethod.Post, "/api/session", Tokens.For("alice"));
        using var answer = await server.Http.SendAsync(request, cancel);
        Assert.That((int)answer.StatusCode, Is.EqualTo(503));
        Assert.That(answer.Headers.RetryAfter, Is.Not.Null);
    }

    private static int Refused(Recording recording) => recording.Tries.Count(it => it.Status == 503);

    private static async Task IsRefusedAsync(ServerProcess server, CancellationToken cancel)
    {
        using var answer = await Eventually.Get("a publish is refused", async () =>
        {
            var asked = Stopwatch.GetTimestamp();
            // Large enough that it never fits into space where a small one still might.
            var answer = await server.TryPublishAsync(Bob, new string('x', 128), cancel);
            Assert.That(Stopwatch.GetElapsedTime(asked), Is.LessThan(LongestRefusal));
            return (int)answer.StatusCode == 503 ? answer : null;
        }, cancel);
        Assert.That(answer.Headers.RetryAfter, Is.Not.Null);
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
        Assert.That(await answer.Content.ReadAsStringAsync(cancel), Does.Not.Contain("realtime.db").And.Not.Contain(" at "),
            "no paths, no stack traces");
    }
}
