using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Faults;

/// <summary>Readers that read nothing, or too little: they do not harm others, and every loss is announced to them as a gap.</summary>
[CancelAfter(120_000)]
internal sealed class SlowReaderTests
{
    private const int Kept = 400;

    /// <summary>A server needs 150 MB here. If it held 15 pages of 20 MB, they alone would be twice as much.</summary>
    private const long MostMemory = 500L * 1024 * 1024;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartServerAsync() =>
        _server = await TestServer.StartAsync(new Dictionary<string, string> { ["Hub:Retention:Count"] = $"{Kept}" });

    [OneTimeTearDown]
    public async Task StopServerAsync() => await _server.DisposeAsync();

    [Test]
    public async Task Readers_that_take_nothing_are_sent_away_delay_nobody_and_lose_nothing(CancellationToken cancel)
    {
        Requires.Linux();
        await using var network = new TcpProxy(_server.Port);
        var recording = new Recording();
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        RecordingReader[] stalled =
        [
            new(network.Address, recording, "alice", [], transport: null),
            new(network.Address, recording, "alice", [], Transport.WebSockets),
        ];
        var healthy = new RecordingReader(_server.Address, recording, "alice", [], transport: null);
        var running = Task.WhenAll(stalled.Append(healthy).Select(reader => reader.RunAsync(reading.Token)));
        await PublishAsync("alice", orders: 1, bytes: 10, cancel);
        await LogReader.ReadAsync(_server, recording, ["alice"], [], cancel);
        await Eventually.True("all are there", () => stalled.Append(healthy).All(reader => reader.HasReached(recording.Log)), cancel);

        // More than the buffers of both ends of a connection hold.
        network.ToClient = Flow.Stall;
        await PublishAsync("alice", orders: Kept - 20, bytes: 60_000, cancel);
        Assert.That(UnsentByServer(), Is.GreaterThanOrEqualTo(2), "what the stalled ones do not take waits in their sockets");
        await LogReader.ReadAsync(_server, recording, ["alice"], [], cancel);
        await Eventually.True("the healthy reader has it all", () => healthy.HasReached(recording.Log), cancel);
        Assert.That(stalled.Any(reader => reader.HasReached(recording.Log)), Is.False, "the others have not");
        var pages = await AskForPagesAsync("alice", count: 15, cancel);
        await Eventually.True("pages of history that nobody reads wait, too", () => UnsentByServer() >= 15, cancel);
        Assert.That(Process.GetProcessById(_server.ProcessId).WorkingSet64, Is.LessThan(MostMemory), "and cost little");
        await Eventually.True("the server has cut them off", () => UnsentByServer() == 0, LongestWait, cancel);
        pages.ForEach(page => page.Dispose());

        network.ToClient = Flow.Pass;
        await Eventually.True(
            "they have come back for the rest", () => stalled.All(reader => reader.HasReached(recording.Log)), LongestWait, cancel);
        await reading.CancelAsync();
        await running;
        Assert.That(Checker.Check(recording), Is.Empty);
        Assert.That((stalled.Min(it => it.Cuts), healthy.Cuts), Is.EqualTo((1, 0)));
    }

    [Test]
    public async Task Retention_that_passes_a_replaying_reader_is_a_gap_and_not_a_skip(CancellationToken cancel)
    {
        await using var network = new TcpProxy(_server.Port) { ToClientPerSecond = 200_000 };
        await PublishAsync("bob", Kept, bytes: 30_000, cancel);
        var recording = new Recording();
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        RecordingReader[] slow =
        [
            new(network.Address, recording, "bob", [], transport: null),
            new(network.Address, recording, "bob", [], Transport.WebSockets),
        ];
        var running = Task.WhenAll(slow.Select(reader => reader.RunAsync(reading.Token)));
        await Eventually.True("the readers are in the middle of it", () => recording.Readers.All(it => it.Items.Count > 2), cancel);
        await PublishAsync("bob", Kept * 3, bytes: 10, cancel);
        await Eventually.True("retention has removed all that the readers were going to read", async () =>
        {
            await LogReader.ReadAsync(_server, recording, ["bob"], [], cancel);
            return recording.Log["user:bob"][0].Place.Sequence == (Kept * 3) + 1;
        }, cancel);

        network.ToClientPerSecond = 0;
        await Eventually.True(
            "the readers are at the head", () => slow.All(reader => reader.HasReached(recording.Log)), LongestWait, cancel);
        await reading.CancelAsync();
        await running;
        Assert.That(Checker.Check(recording), Is.Empty);
        foreach (var reader in recording.Readers) Assert.That(reader.Items.OfType<Missing>().Count(), Is.Positive, reader.Reader);
    }

    /// <summary>Requests the longest pages of history and reads none of the responses.</summary>
    private async Task<List<TcpClient>> AskForPagesAsync(string user, int count, CancellationToken cancel)
    {
        var clients = new List<TcpClient>();
        for (var n = 0; n < count; n++)
        {
            var client = new TcpClient { ReceiveBufferSize = 4_096 };
            clients.Add(client);
            await client.ConnectAsync(_server.Address.Host, _server.Port, cancel);
            await client.GetStream()
                .WriteAsync(
                    RawHttp.Compose(_server.Address, "GET", "/api/notifications?after=earliest&limit=500", Tokens.For(user), null), cancel);
        }
        await Eventually.True("they are being answered", () => clients.TrueForAll(client => client.Available > 0), cancel);
        return clients;
    }

    /// <summary>The server's open connections with bytes that the other side does not accept.</summary>
    private int UnsentByServer()
    {
        const int address = 1, state = 3, queues = 4;
        return File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6"))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(it => it[address].EndsWith($":{_server.Port:X4}", StringComparison.Ordinal) && it[state] == "01"
                && !it[queues].StartsWith("00000000", StringComparison.Ordinal));
    }

    private async Task PublishAsync(string user, int orders, int bytes, CancellationToken cancel)
    {
        var lines = new StringBuilder();
        for (var i = 0; i < orders; i++)
        {
            lines.Append(
                $$"""{"to":{"users":["{{user}}"]},"type":"order.created","orderId":"{{Guid.NewGuid()}}","data":"{{new string('x', bytes)}}"}""");
            lines.Append('\n');
        }
        using var request = TestServer.Request(HttpMethod.Post, "/api/notifications/batch", Tokens.Publisher());
        request.Content = new StringContent(lines.ToString());
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        using var answer = await _server.Http.SendAsync(request, cancel);
        var answers = (await answer.Content.ReadAsStringAsync(cancel)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(answers, Has.Length.EqualTo(orders).And.All.Contains("\"accepted\""));
    }
}
