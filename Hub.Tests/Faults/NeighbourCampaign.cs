using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using Realtime.Tests.Delivery;
using Realtime.Tests.Deploy;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Faults;

/// <summary>
/// How long other people's publishes take beside one caller that asks for as much as it may. Prints figures and asserts none of them,
/// because they depend on the machine and its load: the first version, beside it, shows what they would be without limits. It asserts that
/// every measured publish was stored, and that the other caller got what it asked for.
/// </summary>
[Category("Campaign"), CancelAfter(600_000)]
[TestFixture(false, false, TestName = "on SQLite")]
[TestFixture(true, false, TestName = "on Redis")]
[TestFixture(false, true, TestName = "on SQLite, first version")]
[TestFixture(true, true, TestName = "on Redis, first version")]
internal sealed class NeighbourCampaign(bool isOnRedis, bool isFirstVersion)
{
    private const string Greedy = "greedy";
    private const int Entries = 10_000;
    private const int EntryChars = 3_000;
    private const int Connections = 16;
    private const int BufferBytes = 256 * 1024;
    private const int Publishers = 8;
    private const int Rounds = 3;
    private const int WideUsers = 1_000;
    private const int WideChars = 64_000;
    private const int WideAtOnce = 4;

    /// <summary>The handshake, and a subscription that replays everything.</summary>
    private static readonly string[] Greetings =
    [
        """{"protocol":"json","version":1}""", """{"type":4,"invocationId":"1","target":"Subscribe","arguments":["earliest"]}""",
    ];

    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(6);

    private readonly AsyncDisposables _started = new();
    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Requires.Campaigns();
        var assembly = isFirstVersion ? await FirstVersion.BuildAsync() : null;
        _server = isOnRedis
            ? _started.Add(await Node.StartAsync(_started.Add(await RedisServers.StartAsync()), assembly: assembly)).Server
            : _started.Add(await TestServer.StartAsync(new ServerSettings { Assembly = assembly }, CancellationToken.None));
        await Parallel.ForAsync(0, Entries, new ParallelOptions { MaxDegreeOfParallelism = Connections }, async (_, stop) =>
            await PublishAsync([Greedy], EntryChars, stop));
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    [Test]
    public Task Beside_one_who_reads_its_history_again_and_again(CancellationToken cancel) =>
        CompareAsync(Connections, stop => ReadAsync("application/json", "&limit=500", stop), cancel);

    [Test]
    public Task Beside_one_whose_event_streams_begin_at_the_beginning(CancellationToken cancel) =>
        CompareAsync(Connections, stop => ReadAsync("text/event-stream", "", stop), cancel);

    [Test]
    public Task Beside_one_whose_hub_streams_begin_at_the_beginning(CancellationToken cancel) => CompareAsync(Connections, async stop =>
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {Tokens.For(Greedy)}");
        await socket.ConnectAsync(new($"ws://{_server.Address.Authority}/hubs/orders"), stop);
        foreach (var message in Greetings)
            await socket.SendAsync(Encoding.UTF8.GetBytes(message + '\u001e'), WebSocketMessageType.Text, endOfMessage: true, stop);
        var buffer = new byte[BufferBytes];
        for (var left = (long)Entries * EntryChars; left > 0; left -= (await socket.ReceiveAsync(buffer, stop)).Count) { /* unread */ }
    }, cancel);

    [Test]
    public Task Beside_wide_publishes(CancellationToken cancel)
    {
        string[] users = [.. Enumerable.Range(0, WideUsers).Select(n => $"wide-{n}")];
        return CompareAsync(WideAtOnce, stop => PublishAsync(users, WideChars, stop), cancel);
    }

    /// <summary>Takes what the greedy user has once, as fast as it comes.</summary>
    private async Task ReadAsync(string accept, string query, CancellationToken stop)
    {
        using var request = TestServer.Request(HttpMethod.Get, "/api/notifications?after=earliest" + query, Tokens.For(Greedy));
        request.Headers.Accept.ParseAdd(accept);
        using var answer = await _server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
        answer.EnsureSuccessStatusCode();
        await using var stream = await answer.Content.ReadAsStreamAsync(stop);
        var buffer = new byte[BufferBytes];
        var (left, read) = ((long)Entries * EntryChars, 1);
        for (; left > 0 && read > 0; left -= read) read = await stream.ReadAsync(buffer, stop);
    }

    private async Task CompareAsync(int atOnce, Func<CancellationToken, Task> load, CancellationToken cancel)
    {
        List<List<double>> alone = [], beside = [];
        var loads = 0;
        for (var round = 0; round < Rounds; round++)
        {
            alone.Add(await MeasureAsync(cancel));
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var loading = Task.WhenAll(
                Enumerable.Range(0, atOnce).Select(_ => RepeatAsync(load, () => Interlocked.Increment(ref loads), enough.Token)));
            beside.Add(await MeasureAsync(cancel));
            await enough.CancelAsync();
            await loading;
        }
        await TestContext.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"p50 {Median(alone, 0.5):F1} -> {Median(beside, 0.5):F1} ms, p99 {Median(alone, 0.99):F1} -> {Median(beside, 0.99):F1} ms, "
            + $"longest {Median(alone, 1):F0} -> {Median(beside, 1):F0} ms (medians of {Rounds} rounds); "
            + $"{loads} loads in {(Rounds * Slice).TotalSeconds:F0} s"));
        Assert.That(loads, Is.Positive, "the other caller got nothing");
    }

    private static async Task RepeatAsync(Func<CancellationToken, Task> load, Action done, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            try
            {
                await load(enough);
                done();
            }
            catch (Exception refused) when (
                refused is OperationCanceledException or HttpRequestException or IOException or WebSocketException)
            {
                // Who asks for too much may be refused.
            }
        }
    }

    private async Task<List<double>> MeasureAsync(CancellationToken cancel)
    {
        var began = Stopwatch.GetTimestamp();
        var times = await Task.WhenAll(Enumerable.Range(0, Publishers).Select(async publisher =>
        {
            var mine = new List<double>();
            while (Stopwatch.GetElapsedTime(began) < Slice)
            {
                var at = Stopwatch.GetTimestamp();
                await PublishAsync([$"reader-{publisher}-{mine.Count % 100}"], 300, cancel);
                mine.Add(Stopwatch.GetElapsedTime(at).TotalMilliseconds);
            }
            return mine;
        }));
        return [.. times.SelectMany(some => some).Order()];
    }

    private async Task PublishAsync(string[] users, int chars, CancellationToken cancel)
    {
        using var request = TestServer.Request(HttpMethod.Post, "/api/notifications", Tokens.Publisher());
        request.Content = JsonContent.Create(new { to = new { users }, type = "order.created", orderId = "1", data = new string('x', chars) });
        using var answer = await _server.Http.SendAsync(request, cancel);
        answer.EnsureSuccessStatusCode();
    }

    private static double Median(List<List<double>> rounds, double part) =>
        rounds.Select(times => times[(int)(part * (times.Count - 1))]).Order().ElementAt(Rounds / 2);
}
