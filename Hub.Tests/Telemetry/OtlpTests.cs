using System.Collections.Concurrent;
using System.Text;
using Realtime.Tests.Support;

namespace Realtime.Tests.Telemetry;

/// <summary>Metrics that a node sends to a collector, by OpenTelemetry's own variables.</summary>
[CancelAfter(60_000)]
internal sealed class OtlpTests
{
    [TestCase("OTEL_EXPORTER_OTLP_ENDPOINT", "/")]
    [TestCase("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "/v1/metrics")]
    public async Task A_node_sends_its_metrics_where_the_variable_says(string variable, string path, CancellationToken cancel)
    {
        var received = new ConcurrentQueue<(string Path, string Body)>();
        await using var collector = await LoopbackServer.AnsweringAsync(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            received.Enqueue((context.Request.Path, Encoding.Latin1.GetString(body.ToArray())));
        });
        await using var server = await ServerProcess.StartAsync(new ServerSettings
        {
            Variables = new Dictionary<string, string>
            {
                [variable] = new Uri(collector.Address, path).ToString(),
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
                ["OTEL_SERVICE_NAME"] = "orders-of-the-shop",
            },
        }, cancel);
        string[] expected = ["realtime.publishes", "realtime.store.wal.size", "http.server.active_requests", "orders-of-the-shop"];
        await Eventually.True("the collector has the node's metrics", () => received.Any(it =>
            it.Path == "/v1/metrics" && expected.All(name => it.Body.Contains(name, StringComparison.Ordinal))), cancel);
    }
}
