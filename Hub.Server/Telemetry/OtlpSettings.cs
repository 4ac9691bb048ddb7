using OpenTelemetry.Exporter;

namespace Realtime.Server.Telemetry;

/// <summary>
/// OpenTelemetry's own variables. Its exporter ignores invalid ones, but a node that should send and does not must not start. It also
/// ignores those that are for metrics only, so these are applied here.
/// </summary>
internal static class OtlpSettings
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT", MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    private const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL", MetricsProtocol = "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL";
    private const string MetricsHeaders = "OTEL_EXPORTER_OTLP_METRICS_HEADERS";

    private const string Grpc = "grpc", Http = "http/protobuf";

    /// <returns>True if metrics are to be sent.</returns>
    /// <exception cref="MetricsUnusableException">A variable is invalid.</exception>
    public static bool AreGiven(IConfiguration configuration)
    {
        foreach (var name in (string[])[Endpoint, MetricsEndpoint])
        {
            if (Given(configuration, name) is { } text && !IsAddress(text))
                throw new MetricsUnusableException(
                    $"{name} is \"{text}\": write the address of a collector, such as http://localhost:4317, or unset it.");
        }
        foreach (var name in (string[])[Protocol, MetricsProtocol])
        {
            if (Given(configuration, name) is { } text and not (Grpc or Http))
                throw new MetricsUnusableException($"{name} is \"{text}\": write {Grpc} or {Http}, or unset it.");
        }
        return Given(configuration, Endpoint) is not null || Given(configuration, MetricsEndpoint) is not null;
    }

    /// <summary>What is for metrics only wins. Its address is used as it is, without <c>/v1/metrics</c> added.</summary>
    public static void Apply(OtlpExporterOptions exporter, IConfiguration configuration)
    {
        if (Given(configuration, MetricsProtocol) is { } protocol)
            exporter.Protocol = protocol == Http ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        if (Given(configuration, MetricsHeaders) is { } headers) exporter.Headers = headers;
        if (Given(configuration, MetricsEndpoint) is { } address) exporter.Endpoint = new Uri(address);
    }

    private static string? Given(IConfiguration configuration, string name) =>
        string.IsNullOrWhiteSpace(configuration[name]) ? null : configuration[name];

    private static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is ("http" or "https");
}
