using System.Net.Http.Json;
using System.Text.Json;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Faults;

/// <summary>Publishers that retry a key until they get a 202, as docs/PROTOCOL.md requires, and record every response.</summary>
internal sealed class Publishers(ServerProcess server, Recording recording, IReadOnlyList<string> topics, int seed)
{
    /// <summary>How often a confirmed publish is repeated anyway: one in this many.</summary>
    private const int RepeatsOneIn = 8;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(30);

    private readonly Lock _gate = new();
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];   // guarded by _gate
    private int _confirmed;                                                          // guarded by _gate

    /// <summary>Orders confirmed so far.</summary>
    public int Confirmed
    {
        get
        {
            lock (_gate) return _confirmed;
        }
    }

    /// <summary>Completes as soon as a number of orders has been confirmed, while others are in flight.</summary>
    public Task ConfirmedAsync(int count)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_confirmed >= count) return Task.CompletedTask;
            _waiting.Add((count, reached));
        }
        return reached.Task;
    }

    /// <summary>Publishes until each of some publishers has had its number of orders confirmed.</summary>
    public Task RunAsync(int publishers, int ordersEach, CancellationToken cancel) =>
        Task.WhenAll(Enumerable.Range(0, publishers).Select(number => Task.Run(() => PublishAsync(number, ordersEach, cancel), cancel)));

    private async Task PublishAsync(int number, int orders, CancellationToken cancel)
    {
        var random = new Random(seed + number);
        var token = Tokens.Publisher($"shop-{number % 3}");
        for (var i = 0; i < orders; i++)
        {
            var order = $"{seed}-{number}-{i}";
            string[] to = [.. topics.Where(_ => random.Next(topics.Count) == 0).DefaultIfEmpty(topics[random.Next(topics.Count)])];
            while (!await TryAsync(token, order, to, cancel)) await Task.Delay(RetryAfter, TimeProvider.System, cancel);
            Confirm();
            if (random.Next(RepeatsOneIn) == 0) await TryAsync(token, order, to, cancel);
        }
    }

    private async Task<bool> TryAsync(string token, string order, string[] to, CancellationToken cancel)
    {
        Try result;
        try
        {
            using var request = TestServer.Request(HttpMethod.Post, "/api/notifications", token);
            request.Headers.Add("Idempotency-Key", order);
            request.Content = JsonContent.Create(
                new { to = Audience(to), type = "order.created", orderId = order, data = new { total = 993.90 } });
            using var answer = await server.Http.SendAsync(request, cancel);
            result = await ReadAsync(answer, order, to, cancel);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            result = new Try(order, to, 0, null, false, []);
        }
        recording.Tries.Enqueue(result);
        Assert.That(result.Status, Is.EqualTo(202).Or.EqualTo(503).Or.EqualTo(0), order);
        return result.IsConfirmed;
    }

    private static async Task<Try> ReadAsync(HttpResponseMessage answer, string order, string[] to, CancellationToken cancel)
    {
        if ((int)answer.StatusCode != 202) return new Try(order, to, (int)answer.StatusCode, null, false, []);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
        var accepted = body.GetProperty("accepted").EnumerateArray()
            .Select(it => new Place(it.GetProperty("topic").GetString()!, it.GetProperty("sequence").GetInt64()));
        return new Try(order, to, 202, body.GetProperty("id").GetString(), body.GetProperty("duplicate").GetBoolean(), [.. accepted]);
    }

    private static object Audience(string[] topics) => new
    {
        users = topics.Where(topic => topic.StartsWith("user:", StringComparison.Ordinal)).Select(topic => topic[5..]),
        groups = topics.Where(topic => topic.StartsWith("group:", StringComparison.Ordinal)).Select(topic => topic[6..]),
        everyone = topics.Contains("all"),
    };

    private void Confirm()
    {
        lock (_gate)
        {
            _confirmed++;
            foreach (var (_, reached) in _waiting.Where(it => it.Count <= _confirmed)) reached.TrySetResult();
            _waiting.RemoveAll(it => it.Count <= _confirmed);
        }
    }
}
