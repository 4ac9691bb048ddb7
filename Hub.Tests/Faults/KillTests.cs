using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Faults;

/// <summary>SIGKILL at random moments, while publishers publish and readers read; at the end every promise is checked.</summary>
[CancelAfter(240_000)]
internal sealed class KillTests
{
    private const int Publishers = 8;
    private const int KillEvery = 150;   // confirmed orders, on average

    private static readonly string[] Users = ["alice", "bob", "carol", "dave"];
    private static readonly string[] Groups = ["west", "south"];

    [Test]
    public Task Whatever_was_confirmed_survives_kills_exactly_once_and_every_reader_gets_it(CancellationToken cancel) =>
        RunAsync(kills: 6, cancel);

    [Test, Category("Campaign"), CancelAfter(1_200_000)]
    public Task The_same_for_a_long_time(CancellationToken cancel)
    {
        Requires.Campaigns();
        return RunAsync(kills: 60, cancel);
    }

    private static async Task RunAsync(int kills, CancellationToken cancel)
    {
        Requires.Signals();
        var seed = Random.Shared.Next(1_000_000);
        TestContext.Out.WriteLine($"Seed {seed}: {kills} kills.");
        var random = new Random(seed);
        await using var server = await TestServer.StartAsync(cancel: cancel);
        var recording = new Recording();
        var publishers = new Publishers(
            server, recording, [.. Users.Select(user => $"user:{user}"), .. Groups.Select(group => $"group:{group}"), "all"], seed);

        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Transport?[] ways = [null, Transport.WebSockets, Transport.ServerSentEvents, Transport.LongPolling];
        var readers = ways.Select((way, i) => new RecordingReader(server.Address, recording, Users[i], Groups[..(i % 3)], way)).ToList();
        var running = Task.WhenAll(readers.Select(reader => reader.RunAsync(reading.Token)));
        var publishing = publishers.RunAsync(Publishers, (kills + 1) * KillEvery / Publishers, cancel);

        for (var kill = 0; kill < kills; kill++)
        {
            var next = publishers.Confirmed + random.Next(1, KillEvery);
            await Task.WhenAny(publishers.ConfirmedAsync(next), publishing);
            await server.KillAsync();
            await server.StartAgainAsync(cancel);
        }
        await Eventually.Ends("everything is published", publishing, TimeSpan.FromSeconds(60), cancel);
        await LogReader.ReadAsync(server, recording, Users, Groups, cancel);
        await Eventually.True(
            "every reader is at the head", () => readers.All(reader => reader.HasReached(recording.Log)), TimeSpan.FromSeconds(60), cancel);
        await reading.CancelAsync();
        await running;

        TestContext.Out.WriteLine(
            $"{recording.Tries.Count} tries, {recording.Tries.Count(it => it.Status == 0)} unknown, "
            + $"{recording.Tries.Count(it => it.Duplicate)} duplicates; " +
            $"{recording.Readers.Sum(it => it.Items.Count)} items read, {readers.Sum(it => it.Cuts)} cuts.");
        Assert.That(Checker.Check(recording), Is.Empty, $"seed {seed}");
        Assert.That(recording.Tries.Count(it => it.Status == 0), Is.Positive, "the kills hit publishes");
        Assert.That(readers.Min(it => it.Cuts), Is.GreaterThanOrEqualTo(kills), "the kills hit readers");
    }
}
