using System.Net;
using System.Net.Sockets;
using Realtime.Tests.Support;

namespace Realtime.Tests.Telemetry;

/// <summary><c>Hub:Metrics:Address</c>: a second web server that shows the metrics and nothing else.</summary>
[CancelAfter(120_000)]
internal sealed class MetricsListenerTests
{
    private const string AnAddress = "write the address of a collector, such as http://localhost:4317, or unset it.";

    [Test]
    public async Task Metrics_are_shown_at_their_own_address_only(CancellationToken cancel)
    {
        var (setting, metrics) = Scrape.NewAddress();
        await using var server = await StartAsync(setting, cancel);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = metrics };
        Assert.Multiple(async () =>
        {
            Assert.That((await Scrape.OfAsync(metrics, cancel)).Sum("realtime_node_ready"), Is.EqualTo(1));
            Assert.That(await StatusAsync(server.Http, HttpMethod.Get, "/metrics"), Is.EqualTo(HttpStatusCode.NotFound));
            Assert.That(await StatusAsync(server.Http, HttpMethod.Get, "/health/live"), Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await StatusAsync(http, HttpMethod.Post, "/metrics"), Is.EqualTo(HttpStatusCode.NotFound));
            foreach (var path in (string[])["/", "/metrics/", "/health/live", "/api/notifications", "/api/admin/stats", "/hubs/orders"])
                Assert.That(await StatusAsync(http, HttpMethod.Get, path), Is.EqualTo(HttpStatusCode.NotFound), path);
        });
        Assert.That(server.Output, Does.Contain($"Metrics for Prometheus: {setting}/metrics"));
        await server.StopAsync();
    }

    [Test]
    public async Task The_names_of_our_metrics_begin_with_realtime_and_those_of_the_framework_are_the_usual_ones(CancellationToken cancel)
    {
        var (setting, metrics) = Scrape.NewAddress();
        await using var server = await StartAsync(setting, cancel);
        var types = (await Scrape.OfAsync(metrics, cancel)).Types.Keys.ToList();
        Assert.That(types.Where(name => !Prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))), Is.Empty);
        Assert.That(types, Is.SupersetOf(
            (string[])["http_server_request_duration_seconds", "kestrel_active_connections", "dotnet_process_memory_working_set_bytes"]));
    }

    [Test]
    public async Task A_port_that_is_taken_ends_the_start_with_a_sentence()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var address = $"http://{other.LocalEndpoint}";
        await IsSaidAsync(
            $"The metrics cannot be served at {address}: Address already in use. "
            + "Stop what listens there, or give Hub:Metrics:Address another port.", ("Hub:Metrics:Address", address));
    }

    // 192.0.2.0/24 is for documentation: no machine has one of its addresses.
    [Test]
    public Task An_address_of_another_machine_ends_the_start_with_a_sentence() =>
        IsSaidAsync(
            "The metrics cannot be served at http://192.0.2.1:9464: Cannot assign requested address. "
            + "Give Hub:Metrics:Address an address that this machine has and a port that this user may have.",
            ("Hub:Metrics:Address", "http://192.0.2.1:9464"));

    [TestCase("https://127.0.0.1:9464")]
    [TestCase("http://127.0.0.1:9464/metrics")]
    [TestCase("http://hub.example:9464")]
    [TestCase("http://127.0.0.1:99999")]
    [TestCase("http://unix:/tmp/metrics.sock")]
    [TestCase("9464")]
    public Task An_address_of_another_form_ends_the_start_with_a_sentence(string address) =>
        IsSaidAsync(
            $"Hub:Metrics:Address is \"{address}\": write http://, then localhost, an IP address or *, and a port, without a path: "
            + "http://127.0.0.1:9464.", ("Hub:Metrics:Address", address));

    [TestCase("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", AnAddress)]
    [TestCase("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "4317", AnAddress)]
    [TestCase("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector", AnAddress)]
    [TestCase("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "write grpc or http/protobuf, or unset it.")]
    [TestCase("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "thrift", "write grpc or http/protobuf, or unset it.")]
    [TestCase("OTEL_TRACES_EXPORTER", "zipkin", "write otlp or none, or unset it.")]
    public Task A_variable_of_OpenTelemetry_that_its_exporter_would_ignore_ends_the_start(string name, string value, string advice) =>
        IsSaidAsync($"{name} is \"{value}\": {advice}", (name, value));

    private static readonly string[] Prefixes = ["realtime_", "http_server_", "kestrel_", "signalr_", "dotnet_", "target_info"];

    private static Task<ServerProcess> StartAsync(string address, CancellationToken cancel) =>
        ServerProcess.StartAsync(
            new ServerSettings { Settings = new Dictionary<string, string> { ["Hub:Metrics:Address"] = address } }, cancel);

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }

    private static async Task IsSaidAsync(string sentence, (string Name, string Value) setting)
    {
        await using var server = await ServerProcess.StartAsync(new ServerSettings
        {
            AwaitReady = false,
            Settings = new Dictionary<string, string> { [setting.Name] = setting.Value, ["Logging:LogLevel:Default"] = "Warning" },
        });
        Assert.That(await server.ExitAsync(), Is.EqualTo(1), server.Output);
        Assert.That(server.Output.Trim(), Is.EqualTo(sentence));
    }
}
