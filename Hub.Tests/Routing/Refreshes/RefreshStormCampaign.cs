using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing.Refreshes;

/// <summary>
/// What ten thousand readers that refresh within a minute cost the deliveries. Prints figures and asserts none of them, because they depend
/// on the machine and its load; it asserts that every refresh succeeds and that nothing is lost.
/// </summary>
[Category("Campaign"), CancelAfter(900_000)]
internal sealed class RefreshStormCampaign
{
    private const int Readers = 10_000;
    private const int ConnectsAtOnce = 32;
    private const int PublishesPerSecond = 200;

    // In turn, because a machine is not equally fast in each minute.
    private static readonly string[] Phases = ["quiet", "refreshing", "quiet", "refreshing", "quiet", "refreshing", "quiet"];

    private static readonly TimeSpan Phase = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>A hub closes a connection that it has not heard from for 30 s. Real clients do not all ping at the same moment.</summary>
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan PingTick = TimeSpan.FromMilliseconds(20);

    private readonly AsyncDisposables _started = new();
    private readonly HttpClient _http = new();

    // Microseconds from the publish to the reader, by when the publish began.
    private readonly ConcurrentQueue<(long PublishedAt, double Micros)> _deliveries = new();

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _http.Dispose();
        await _started.DisposeAsync();
    }

    [Test]
    public async Task Ten_thousand_readers_refresh_within_a_minute(CancellationToken cancel)
    {
        Requires.Campaigns();
        var server = _started.Add(await TestServer.StartAsync(cancel: cancel));
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var readers = new ConcurrentBag<StormReader>();
        var pinging = PingAllAsync(readers, done.Token);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Readers), new ParallelOptions { MaxDegreeOfParallelism = ConnectsAtOnce, CancellationToken = cancel },
            async (number, stop) => readers.Add(await StormReader.ConnectAsync(server.Address, _http, number, stop)));
        var reading = Task.WhenAll(readers.Select(reader => reader.ReadAsync(_deliveries.Enqueue, done.Token)));

        var (published, lines) = (0, new List<string>());
        foreach (var phase in Phases)
        {
            var began = Stopwatch.GetTimestamp();
            var refreshing = phase == "refreshing" ? RefreshAllAsync(server.Address, [.. readers], cancel) : Task.CompletedTask;
            published += await PublishAsync(server, cancel);
            await refreshing;
            var all = published;
            await Eventually.True("everything is delivered", () => _deliveries.Count == all, Patience, cancel);
            var times = _deliveries.Where(it => it.PublishedAt >= began).Select(it => it.Micros).Order().ToList();
            lines.Add(string.Create(CultureInfo.InvariantCulture,
                $"{phase}: {times.Count} deliveries, p50 {At(times, 0.5):F2} ms, p99 {At(times, 0.99):F2} ms, "
                + $"longest {At(times, 1):F1} ms"));
        }
        await TestContext.Out.WriteLineAsync($"{Readers} readers on WebSockets, one node\n{string.Join('\n', lines)}");
        await done.CancelAsync();
        await Task.WhenAll(reading, pinging);
        foreach (var reader in readers) reader.Dispose();

        static double At(List<double> times, double part) => times[(int)(part * (times.Count - 1))] / 1_000;
    }

    private static string UserOf(int number) => $"reader-{number}";

    private static async Task PingAllAsync(ConcurrentBag<StormReader> readers, CancellationToken done)
    {
        using var timer = new PeriodicTimer(PingTick);
        var ticks = (int)(PingInterval / PingTick);
        try
        {
            for (var tick = 0; await timer.WaitForNextTickAsync(done); tick++)
                foreach (var reader in readers.Where(reader => reader.Number % ticks == tick % ticks)) await reader.PingAsync(done);
        }
        catch (OperationCanceledException)
        {
            // The campaign is over.
        }
    }

    private async Task RefreshAllAsync(Uri server, StormReader[] readers, CancellationToken cancel)
    {
        var began = Stopwatch.GetTimestamp();
        var pause = Phase / Readers;
        var answers = new List<Task>();
        for (var n = 0; n < readers.Length; n++)
        {
            var early = (pause * n) - Stopwatch.GetElapsedTime(began);
            if (early > TimeSpan.Zero) await Task.Delay(early, TimeProvider.System, cancel);
            answers.Add(readers[n].RefreshAsync(server, _http, cancel));
        }
        await Task.WhenAll(answers);
    }

    private static async Task<int> PublishAsync(ServerProcess server, CancellationToken cancel)
    {
        var count = (int)(PublishesPerSecond * Phase.TotalSeconds);
        var began = Stopwatch.GetTimestamp();
        var publishes = new List<Task>();
        for (var n = 0; n < count; n++)
        {
            var early = TimeSpan.FromSeconds((double)n / PublishesPerSecond) - Stopwatch.GetElapsedTime(began);
            if (early > TimeSpan.Zero) await Task.Delay(early, TimeProvider.System, cancel);
            publishes.Add(server.PublishAsync(UserOf((int)(n * 7919L % Readers)), $"{Stopwatch.GetTimestamp()}", cancel));
        }
        await Task.WhenAll(publishes);
        return count;
    }

    /// <summary>A WebSocket that speaks SignalR's JSON protocol. Ten thousand of a client library would measure the library.</summary>
    private sealed class StormReader(int number, string connectionToken, ClientWebSocket socket) : IDisposable
    {
        // More than a few messages, which the server may send together.
        private const int BufferBytes = 4_096;
        private const char EndOfMessage = '\u001e';
        private const string OrderId = "\"orderId\":\"";

        private static readonly string[] First =
        [
            """{"protocol":"json","version":1}""",
            """{"type":4,"invocationId":"1","target":"Subscribe","arguments":["latest"]}""",
        ];

        public int Number => number;

        public static async Task<StormReader> ConnectAsync(Uri server, HttpClient http, int number, CancellationToken cancel)
        {
            var token = Tokens.For(UserOf(number));
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, "/hubs/orders/negotiate?negotiateVersion=1"));
            request.Headers.Authorization = new("Bearer", token);
            using var answer = await http.SendAsync(request, cancel);
            var connectionToken = (await answer.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("connectionToken").GetString()!;
            var socket = new ClientWebSocket();
            socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
            await socket.ConnectAsync(new($"ws://{server.Authority}/hubs/orders?id={connectionToken}"), cancel);
            foreach (var message in First) await SendAsync(socket, message, cancel);
            // What is published before the first position would be none of the stream.
            var text = "";
            var buffer = new byte[BufferBytes];
            while (!text.Contains("\"cursor\"", StringComparison.Ordinal))
                text += Encoding.UTF8.GetString(buffer, 0, (await socket.ReceiveAsync(buffer, cancel)).Count);
            return new(number, connectionToken, socket);
        }

        public Task PingAsync(CancellationToken cancel) => SendAsync(socket, """{"type":6}""", cancel);

        public async Task ReadAsync(Action<(long, double)> deliver, CancellationToken done)
        {
            var buffer = new byte[BufferBytes];
            try
            {
                while (await socket.ReceiveAsync(buffer, done) is { MessageType: WebSocketMessageType.Text } read)
                {
                    var text = Encoding.UTF8.GetString(buffer, 0, read.Count);
                    for (var at = text.IndexOf(OrderId, StringComparison.Ordinal); at >= 0;
                        at = text.IndexOf(OrderId, at + 1, StringComparison.Ordinal))
                    {
                        var begin = at + OrderId.Length;
                        var publishedAt = long.Parse(text[begin..text.IndexOf('"', begin)], CultureInfo.InvariantCulture);
                        deliver((publishedAt, Stopwatch.GetElapsedTime(publishedAt).TotalMicroseconds));
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // The campaign is over.
            }
        }

        public async Task RefreshAsync(Uri server, HttpClient http, CancellationToken cancel)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, "/hubs/orders/refresh"));
            request.Headers.Authorization = new("Bearer", Tokens.For(UserOf(number)));
            request.Headers.Add("X-SignalR-Connection-Token", connectionToken);
            using var answer = await http.SendAsync(request, cancel);
            Assert.That((int)answer.StatusCode, Is.EqualTo(200), UserOf(number));
        }

        public void Dispose() => socket.Dispose();

        private static Task SendAsync(ClientWebSocket socket, string message, CancellationToken cancel) => socket.SendAsync(
            Encoding.UTF8.GetBytes(message + EndOfMessage), WebSocketMessageType.Text, endOfMessage: true, cancel);
    }
}
