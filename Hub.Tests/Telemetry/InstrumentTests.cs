using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Realtime.Tests.Conventions;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Telemetry;

/// <summary>Each instrument shows the event that it counts. Those between nodes: <see cref="MetricsOnThreeNodesTests"/>.</summary>
[CancelAfter(120_000)]
internal sealed partial class InstrumentTests
{
    private const string User = "Zoë-x9q-user", Order = "CA-x9q-order", Group = "x9q-group";
    private const int Kept = 5;

    private static readonly string[] Recipients = ["outcomes"];

    private ServerProcess _server = null!;
    private Uri _metrics = null!;

    private static string Token => Tokens.For(User, [Group]);

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        (var setting, _metrics) = Scrape.NewAddress();
        _server = await TestServer.StartAsync(new Dictionary<string, string>
        {
            ["Hub:Metrics:Address"] = setting,
            ["Hub:Retention:Count"] = $"{Kept}",
            ["Hub:Limits:ConnectionsPerUser"] = "2",
            ["Hub:Limits:PublishesPerSecond"] = "100",
        });
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [TestCase("stored", 202)]
    [TestCase("duplicate", 202)]
    [TestCase("key_reused", 422)]
    [TestCase("invalid", 400)]
    public async Task A_publish_is_counted_and_timed_by_its_outcome(string outcome, int status, CancellationToken cancel)
    {
        await PublishAsync("first", "key-of-all", cancel);
        var before = await Scrape.OfAsync(_metrics, cancel);
        Assert.That(outcome switch
        {
            "stored" => await PublishAsync("second", null, cancel),
            "duplicate" => await PublishAsync("first", "key-of-all", cancel),
            "key_reused" => await PublishAsync("another", "key-of-all", cancel),
            _ => await _server.PublishTextAsync("{}", cancel),
        }, Is.EqualTo(status));
        var after = await Scrape.OfAsync(_metrics, cancel);
        Assert.That(after.Sum("realtime_publishes_total", $"outcome={outcome}"),
            Is.EqualTo(before.Sum("realtime_publishes_total", $"outcome={outcome}") + 1));
        Assert.That(after.Sum("realtime_publish_duration_seconds_count", $"outcome={outcome}"),
            Is.EqualTo((before.Find("realtime_publish_duration_seconds_count", $"outcome={outcome}") ?? 0) + 1));
    }

    [Test]
    public async Task A_publish_over_the_quota_is_counted_as_refused(CancellationToken cancel)
    {
        using var request = TestServer.Request(HttpMethod.Post, "/api/notifications/batch", Tokens.Publisher("in-a-hurry"));
        var line = $$"""{"to":{"users":["in-a-hurry"]},"type":"order.created","orderId":"{{Order}}"}""" + "\n";
        request.Content = new StringContent(string.Concat(Enumerable.Repeat(line, 300)), new MediaTypeHeaderValue("application/x-ndjson"));
        using var answer = await _server.Http.SendAsync(request, cancel);
        var lines = (await answer.Content.ReadAsStringAsync(cancel)).Split('\n');
        var refused = lines.Count(it => it.Contains("\"status\":429", StringComparison.Ordinal));
        var scrape = await Scrape.OfAsync(_metrics, cancel);
        Assert.That(refused, Is.Positive);
        Assert.That(scrape.Sum("realtime_refused_total", "limit=publishes_per_second"), Is.EqualTo(refused));
        Assert.That(scrape.Sum("realtime_publishes_total", "outcome=over_quota"), Is.EqualTo(refused));
    }

    [Test]
    public async Task Appends_count_once_for_each_topic_and_share_batches(CancellationToken cancel)
    {
        var before = await Scrape.OfAsync(_metrics, cancel);
        await _server.PublishAsync(new { users = new[] { User, "another" }, groups = new[] { Group } }, Order, cancel);
        var after = await Scrape.OfAsync(_metrics, cancel);
        Assert.That(after.Sum("realtime_store_appends_total") - before.Sum("realtime_store_appends_total"), Is.EqualTo(3));
        Assert.That(after.Sum("realtime_store_append_batch_size_sum"), Is.EqualTo(after.Sum("realtime_store_appends_total")));
        Assert.That(after.Sum("realtime_store_duration_seconds_count", "operation=append", "outcome=ok"),
            Is.EqualTo((before.Find("realtime_store_duration_seconds_count", "operation=append", "outcome=ok") ?? 0) + 1));
        Assert.That(after.Sum("realtime_store_wal_size_bytes"), Is.Positive);
        Assert.That(after.Sum("realtime_store_waiting_writes"), Is.Zero);
    }

    [Test]
    public async Task A_reader_a_live_delivery_and_its_lag_are_counted_by_transport(CancellationToken cancel)
    {
        string[] transport = ["transport=event_source"];
        await NoReaderIsLeftAsync(cancel);
        var before = await Scrape.OfAsync(_metrics, cancel);
        await using (var reader = await EventStreamReceiver.ConnectAsync(_server.Address, Tokens.For("live"), "latest", cancel))
        {
            await reader.TakeAsync(1, cancel);
            await _server.PublishAsync("live", Order, cancel);
            await reader.TakeAsync(1, cancel);
            var after = await Scrape.OfAsync(_metrics, cancel);
            Assert.That(after.Sum("realtime_readers", transport), Is.EqualTo(1));
            Assert.That(after.Sum("realtime_deliveries_total", [.. transport, "replayed=false"]),
                Is.EqualTo(before.Sum("realtime_deliveries_total", [.. transport, "replayed=false"]) + 1));
            Assert.That(after.Sum("realtime_delivery_lag_seconds_count", transport),
                Is.EqualTo((before.Find("realtime_delivery_lag_seconds_count", transport) ?? 0) + 1));
            Assert.That(after.Sum("realtime_delivery_lag_seconds_sum", transport), Is.InRange(0, 60));
        }
        await NoReaderIsLeftAsync(cancel);
    }

    [Test]
    public async Task A_catch_up_and_what_it_replays_are_counted(CancellationToken cancel)
    {
        for (var i = 0; i < 3; i++) await _server.PublishAsync("late", Order, cancel);
        var before = await Scrape.OfAsync(_metrics, cancel);
        await using var reader = await EventStreamReceiver.ConnectAsync(_server.Address, Tokens.For("late"), "earliest", cancel);
        await reader.TakeAsync(4, cancel);
        var after = await Scrape.OfAsync(_metrics, cancel);
        Assert.That(after.Sum("realtime_catch_ups_total") - before.Sum("realtime_catch_ups_total"), Is.EqualTo(1));
        Assert.That(after.Sum("realtime_deliveries_total", "replayed=true") - before.Sum("realtime_deliveries_total", "replayed=true"),
            Is.EqualTo(3));
        Assert.That(after.Sum("realtime_store_duration_seconds_count", "operation=read", "outcome=ok"), Is.Positive);
    }

    [Test]
    public async Task What_retention_removes_and_the_gap_that_it_leaves_are_counted(CancellationToken cancel)
    {
        await _server.PublishAsync("away", Order, cancel);
        var cursor = (await _server.HistoryAsync(Tokens.For("away"), "?after=earliest", cancel)).GetProperty("cursor").GetString()!;
        var before = await Scrape.OfAsync(_metrics, cancel);
        for (var i = 0; i < Kept + 3; i++) await _server.PublishAsync("away", Order, cancel);
        await Eventually.True("retention has removed what is too much", async () =>
            (await Scrape.OfAsync(_metrics, cancel)).Sum("realtime_retention_removed_total", "reason=count")
            >= before.Sum("realtime_retention_removed_total", "reason=count") + 4, cancel);
        await using var reader = await EventStreamReceiver.ConnectAsync(_server.Address, Tokens.For("away"), cursor, cancel);
        Assert.That((await reader.TakeAsync(2, cancel))[1].TryGetProperty("gap", out _));
        Assert.That((await Scrape.OfAsync(_metrics, cancel)).Sum("realtime_gaps_total", "reason=expired"),
            Is.EqualTo(before.Sum("realtime_gaps_total", "reason=expired") + 1));
    }

    [Test]
    public async Task A_stream_that_is_one_too_many_is_counted_as_refused_and_closed(CancellationToken cancel)
    {
        var before = await Scrape.OfAsync(_metrics, cancel);
        await using var one = await EventStreamReceiver.ConnectAsync(_server.Address, Token, "latest", cancel);
        await using var two = await EventStreamReceiver.ConnectAsync(_server.Address, Token, "latest", cancel);
        await one.TakeAsync(1, cancel);
        await two.TakeAsync(1, cancel);
        await using var three = await EventStreamReceiver.ConnectAsync(_server.Address, Token, "latest", cancel);
        Assert.That((await three.TakeAsync(1, cancel))[0].TryGetProperty("closing", out _));
        var after = await Scrape.OfAsync(_metrics, cancel);
        Assert.That(after.Sum("realtime_closings_total", "reason=limit"),
            Is.EqualTo(before.Sum("realtime_closings_total", "reason=limit") + 1));
        Assert.That(after.Sum("realtime_refused_total", "limit=connections_per_user"),
            Is.EqualTo(before.Sum("realtime_refused_total", "limit=connections_per_user") + 1));
    }

    [Test]
    public async Task Acknowledging_is_timed(CancellationToken cancel)
    {
        await _server.PublishAsync("acknowledging", Order, cancel);
        var token = Tokens.For("acknowledging");
        var cursor = (await _server.HistoryAsync(token, "?after=earliest", cancel)).GetProperty("cursor").GetString()!;
        await _server.AcknowledgeAsync(token, cursor, cancel);
        await _server.HistoryAsync(token, "", cancel);
        var scrape = await Scrape.OfAsync(_metrics, cancel);
        foreach (var operation in (string[])["acknowledge", "read_acknowledged"])
            Assert.That(scrape.Sum("realtime_store_duration_seconds_count", $"operation={operation}", "outcome=ok"), Is.Positive, operation);
    }

    [Test]
    public async Task No_label_names_a_user_a_topic_an_order_or_a_token(CancellationToken cancel)
    {
        await _server.PublishAsync(
            new { users = new[] { User }, groups = new[] { Group }, everyone = true }, Order, cancel, key: "x9q-key");
        await using var stream = await EventStreamReceiver.ConnectAsync(
            _server.Address, Tokens.For("x9q-other", [Group]), "earliest", cancel);
        await stream.TakeAsync(2, cancel);
        using var query = await _server.Http.GetAsync(
            new Uri($"/api/notifications?access_token={Token}&after=latest", UriKind.Relative), cancel);
        query.EnsureSuccessStatusCode();
        using var admin = await _server.Http.SendAsync(TestServer.Request(
            HttpMethod.Post, "/api/admin/disconnect?user=x9q-third", Tokens.For("x9q-boss", null, "admin")), cancel);
        admin.EnsureSuccessStatusCode();

        var scrape = await Scrape.OfAsync(_metrics, cancel);
        Assert.That(scrape.Text, Does.Not.Contain("x9q").And.Not.Contain("access_token").And.Not.Contain(Token[..20]));
        var ours = scrape.All.Where(series => series.Name.StartsWith("realtime_", StringComparison.Ordinal)).ToList();
        Assert.That(ours, Has.Count.GreaterThan(40));
        Assert.That(ours.SelectMany(series => series.Labels).Distinct().Where(label => !KnownLabel().IsMatch(label)), Is.Empty);
    }

    [Test]
    public async Task The_page_lists_the_instruments_that_there_are_with_their_types_and_labels(CancellationToken cancel)
    {
        await A_reader_a_live_delivery_and_its_lag_are_counted_by_transport(cancel);
        var scrape = await Scrape.OfAsync(_metrics, cancel);
        var rows = new Document("docs/metrics.md").Table("instrument");
        Assert.Multiple(() =>
        {
            // Only nodes that share a Redis have a beacon.
            Assert.That(scrape.Types.Keys.Where(name => name.StartsWith("realtime_", StringComparison.Ordinal)),
                Is.EquivalentTo(rows.Select(row => row[1].Trim('`')).Except(["realtime_beacon_age_seconds"])));
            foreach (var row in rows.Where(row => scrape.Types.ContainsKey(row[1].Trim('`'))))
            {
                var name = row[1].Trim('`');
                var labels = scrape.All.Where(series => series.Name == name || series.Name == name + "_count")
                    .SelectMany(series => series.Labels).Select(label => label.Split('=')[0]).Distinct();
                Assert.That(scrape.Types[name], Is.EqualTo(row[2]), name);
                Assert.That(labels, Is.EquivalentTo(Document.SpansOf(row[3])), name);
            }
        });
    }

    [Test]
    public async Task The_statistics_for_operators_agree_with_the_metrics(CancellationToken cancel)
    {
        await PublishAsync("counted", null, cancel);
        using var answer = await _server.Http.SendAsync(
            TestServer.Request(HttpMethod.Get, "/api/admin/stats", Tokens.For("boss", null, "admin")), cancel);
        var stats = (await answer.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("nodes")[0];
        var scrape = await Scrape.OfAsync(_metrics, cancel);
        Assert.Multiple(() =>
        {
            Assert.That(stats.GetProperty("published").GetInt64(), Is.EqualTo(scrape.Sum("realtime_publishes_total", "outcome=stored")));
            Assert.That(stats.GetProperty("delivered").GetInt64(), Is.EqualTo(scrape.Sum("realtime_deliveries_total")));
            Assert.That(stats.GetProperty("replayed").GetInt64(), Is.EqualTo(scrape.Sum("realtime_deliveries_total", "replayed=true")));
        });
    }

    private Task NoReaderIsLeftAsync(CancellationToken cancel) => Eventually.True("readers that have gone are not counted",
        async () => (await Scrape.OfAsync(_metrics, cancel)).Sum("realtime_readers") == 0, cancel);

    private async Task<int> PublishAsync(string orderId, string? key, CancellationToken cancel)
    {
        using var answer = await _server.TryPublishAsync(new { users = Recipients }, orderId, cancel, key);
        return (int)answer.StatusCode;
    }

    /// <summary>Values of enums, the bounds of histograms, and no others.</summary>
    [GeneratedRegex(@"^(outcome|operation|transport|reason|kind|found_by|limit)=[a-z_]+$|^replayed=(true|false)$|^le=([\d.]+|\+Inf)$")]
    private static partial Regex KnownLabel();
}
