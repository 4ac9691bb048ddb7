using OpenTelemetry.Exporter;

namespace Realtime.Server.Telemetry;

/// <summary>
/// OpenTelemetry's own variables. Its exporter ignores invalid ones, but a node that should send and does not must not start. It also
/// ignores those that are for one signal only, so these are applied here.
/// </summary>
internal sealed class OtlpSettings
{
    private const string Grpc = "grpc", Http = "http/protobuf", Otlp = "otlp", None = "none";

    private readonly IConfiguration _configuration;
    private readonly string _signal;

    /// <exception cref="MetricsUnusableException">A variable is invalid.</exception>
    private OtlpSettings(IConfiguration configuration, string signal)
    {
        (_configuration, _signal) = (configuration, signal);
        foreach (var name in (string[])[All("ENDPOINT"), Own("ENDPOINT")])
        {
            if (Given(name) is { } text && !IsAddress(text))
                throw new MetricsUnusableException(
                    $"{name} is \"{text}\": write the address of a collector, such as http://localhost:4317, or unset it.");
        }
        Check(All("PROTOCOL"), Grpc, Http);
        Check(Own("PROTOCOL"), Grpc, Http);
        Check(Exporter, Otlp, None);
    }

    /// <summary>True if this signal is to be sent.</summary>
    public bool AreGiven => Given(Exporter) is not None && (Given(All("ENDPOINT")) ?? Given(Own("ENDPOINT"))) is not null;

    private string Exporter => $"OTEL_{_signal}_EXPORTER";

    public static OtlpSettings ForMetrics(IConfiguration configuration) => new(configuration, "METRICS");

    public static OtlpSettings ForTraces(IConfiguration configuration) => new(configuration, "TRACES");

    /// <summary>What is for this signal only wins. Its address is used as it is, without <c>/v1/metrics</c> or the like added.</summary>
    public void Apply(OtlpExporterOptions exporter)
    {
        if (Given(Own("PROTOCOL")) is { } protocol)
            exporter.Protocol = protocol == Http ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        if (Given(Own("HEADERS")) is { } headers) exporter.Headers = headers;
        if (Given(Own("ENDPOINT")) is { } address) exporter.Endpoint = new Uri(address);
    }

    private static string All(string what) => $"OTEL_EXPORTER_OTLP_{what}";

    private string Own(string what) => $"OTEL_EXPORTER_OTLP_{_signal}_{what}";

    private void Check(string name, string one, string other)
    {
        if (Given(name) is { } text && text != one && text != other)
            throw new MetricsUnusableException($"{name} is \"{text}\": write {one} or {other}, or unset it.");
    }

    private string? Given(string name) => string.IsNullOrWhiteSpace(_configuration[name]) ? null : _configuration[name];

    private static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is ("http" or "https");
}
