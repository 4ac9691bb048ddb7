namespace Realtime.Server.Telemetry;

/// <summary>
/// OpenTelemetry's own variables. Its exporter reads them, and ignores an invalid one; a node that should send and does not must not start.
/// </summary>
internal static class OtlpSettings
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT", MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    private const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL", MetricsProtocol = "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL";

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
            if (Given(configuration, name) is { } text and not ("grpc" or "http/protobuf"))
                throw new MetricsUnusableException($"{name} is \"{text}\": write grpc or http/protobuf, or unset it.");
        }
        return Given(configuration, Endpoint) is not null || Given(configuration, MetricsEndpoint) is not null;
    }

    private static string? Given(IConfiguration configuration, string name) =>
        string.IsNullOrWhiteSpace(configuration[name]) ? null : configuration[name];

    private static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is ("http" or "https");
}
