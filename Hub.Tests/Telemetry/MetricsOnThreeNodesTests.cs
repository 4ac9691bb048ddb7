using System.Net.Http.Json;
using System.Text.Json;
using Realtime.Server.Notifications;
using Realtime.Tests.Delivery;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;
using StackExchange.Redis;

namespace Realtime.Tests.Telemetry;

/// <summary>The counts of three nodes against those of the readers, who know nothing of nodes.</summary>
[CancelAfter(180_000)]
internal sealed class MetricsOnThreeNodesTests
{
    private const int Publishes = 1_000, ToEveryone = 100, AtOnce = 8;

    /// <summary>How long a node may take to see that an announcement was lost: two rounds of comparing heads, on a busy machine.</summary>
    private static readonly TimeSpan LongestComparison = TimeSpan.FromSeconds(30);

    private static readonly string[] Transports = ["web_sockets", "server_sent_events", "long_polling", "event_source"];

    private readonly AsyncDisposables _started = new();
    private readonly List<Node> _nodes = [];
    private readonly List<Uri> _metrics = [];
    private IRedisServer _redis = null!;
    private Balancer _balancer = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _redis = _started.Add(await RedisServers.StartAsync());
        for (var i = 0; i < 3; i++)
        {
            var (setting, address) = Scrape.NewAddress();
            _metrics.Add(address);
            _nodes.Add(_started.Add(await Node.StartAsync(_redis, new Dictionary<string, string> { ["Hub:Metrics:Address"] = setting })));
        }
        _balancer = _started.Add(await Balancer.StartNginxAsync([.. _nodes.Select(node => node.Server.Port)]));
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    // First, because counters begin at zero.
    [Test, Order(1)]
    public async Task They_agree_with_what_readers_received_after_a_thousand_publishes(CancellationToken cancel)
    {
        await using var readers = new AsyncDisposables();
        var received = new List<Task<int>>();
        foreach (var transport in Transports)
        {
            var reader = readers.Add(await ConnectAsync(transport, cancel));
            await reader.TakeAsync(1, cancel);   // its position: from here on everything is live
            received.Add(CountAsync(reader, (Publishes - ToEveryone) / Transports.Length + ToEveryone, cancel));
        }

        var orders = Enumerable.Range(0, Publishes);
        await Parallel.ForEachAsync(orders, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel },
            async (order, stop) => await _nodes[order % 3].Server.PublishAsync(
                order < ToEveryone ? new { everyone = true } : new { users = new[] { UserOf(Transports[order % 4]) } },
                $"order {order}", stop));
        var judged = await Task.WhenAll(received);

        await Eventually.True("every delivery is counted as written", async () =>
            (await SumAsync("realtime_delivery_lag_seconds_count", [], cancel)) == judged.Sum(), cancel);
        for (var i = 0; i < Transports.Length; i++)
        {
            string[] label = [$"transport={Transports[i]}"];
            Assert.That(
                await SumAsync("realtime_deliveries_total", [.. label, "replayed=false"], cancel), Is.EqualTo(judged[i]), Transports[i]);
            Assert.That(await SumAsync("realtime_delivery_lag_seconds_count", label, cancel), Is.EqualTo(judged[i]), Transports[i]);
            Assert.That(await SumAsync("realtime_readers", label, cancel), Is.EqualTo(1), Transports[i]);
        }
        Assert.That(await SumAsync("realtime_deliveries_total", ["replayed=true"], cancel), Is.Zero);
        Assert.That(await SumAsync("realtime_publishes_total", ["outcome=stored"], cancel), Is.EqualTo(Publishes));
        Assert.That(await SumAsync("realtime_publishes_total", [], cancel), Is.EqualTo(Publishes));
        Assert.That(await SumAsync("realtime_store_appends_total", [], cancel), Is.EqualTo(Publishes));
        Assert.That(await SumAsync("realtime_store_append_batch_size_sum", [], cancel), Is.EqualTo(Publishes));
        foreach (var kind in (string[])["poll", "send"])
            Assert.That(await SumAsync("realtime_forwards_total", [$"kind={kind}"], cancel), Is.Positive, kind);
        Assert.That(await StatAsync("published", cancel), Is.EqualTo(Publishes));
        Assert.That(await StatAsync("delivered", cancel), Is.EqualTo(judged.Sum()));
    }

    [Test]
    public async Task The_age_of_the_beacon_stays_below_its_interval(CancellationToken cancel)
    {
        foreach (var metrics in _metrics)
        {
            await Eventually.True("the beacon has returned", async () =>
                (await Scrape.OfAsync(metrics, cancel)).Sum("realtime_beacon_age_seconds") is > 0 and < 6, cancel);
            Assert.That((await Scrape.OfAsync(metrics, cancel)).Find("realtime_store_wal_size_bytes"), Is.Null);
        }
    }

    [Test]
    public async Task An_announcement_that_was_lost_is_counted(CancellationToken cancel)
    {
        await using var reader = await EventStreamReceiver.ConnectAsync(_nodes[0].Address, Tokens.For("hole"), "latest", cancel);
        await reader.TakeAsync(1, cancel);
        await _nodes[1].Server.PublishAsync("hole", "order 1", cancel);
        await reader.TakeAsync(1, cancel);
        // A head without an announcement, as if that had been lost on its way.
        await using var redis = await ConnectionMultiplexer.ConnectAsync(_redis.ConnectionString);
        var key = DefaultNames.Keys.Head(Topic.User("hole"));
        var head = (string)(await redis.GetDatabase().StringGetAsync(key))!;
        await redis.GetDatabase().StringSetAsync(key, $"{head.Split('-')[0]}-2");
        await Eventually.True("the node has compared the heads", async () =>
            (await Scrape.OfAsync(_metrics[0], cancel)).Sum("realtime_announcement_holes_total", "found_by=comparison") >= 1,
            LongestComparison, cancel);
    }

    private static string UserOf(string transport) => $"reader-x9q-{transport}";

    private async Task<IReceiver> ConnectAsync(string transport, CancellationToken cancel)
    {
        var token = Tokens.For(UserOf(transport));
        if (transport == "event_source") return await EventStreamReceiver.ConnectAsync(_balancer.Address, token, "latest", cancel);
        var kind = Enum.Parse<Realtime.Client.Transport>(transport.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);
        var hub = await HubReceiver.ConnectAsync(_balancer.Address, token, kind, cancel);
        await hub.SubscribeAsync("latest", cancel);
        return hub;
    }

    /// <summary>Reads until it has as many as were published for it.</summary>
    private static async Task<int> CountAsync(IReceiver reader, int expected, CancellationToken cancel)
    {
        var orders = new HashSet<string>();
        while (orders.Count < expected)
        {
            var item = await reader.NextAsync(cancel) ?? throw new AssertionException($"The stream ended after {orders.Count}.");
            if (item.TryGetProperty("orderId", out var order)) Assert.That(orders.Add(order.GetString()!), "an order came twice");
        }
        return orders.Count;
    }

    private async Task<double> SumAsync(string name, string[] labels, CancellationToken cancel)
    {
        var scrapes = await Task.WhenAll(_metrics.Select(metrics => Scrape.OfAsync(metrics, cancel)));
        Assert.That(scrapes.Select(scrape => scrape.Text), Has.None.Contains("x9q"), "a label names a user");
        return scrapes.Sum(scrape => scrape.Find(name, labels) ?? 0);
    }

    private async Task<long> StatAsync(string name, CancellationToken cancel)
    {
        var sum = 0L;
        foreach (var node in _nodes)
        {
            using var answer = await node.Server.Http.SendAsync(
                TestServer.Request(HttpMethod.Get, "/api/admin/stats", Tokens.For("boss", null, "admin")), cancel);
            sum += (await answer.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("nodes")[0].GetProperty(name).GetInt64();
        }
        return sum;
    }
}
