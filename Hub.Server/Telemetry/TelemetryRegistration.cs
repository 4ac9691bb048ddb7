using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Realtime.Server.Node;

namespace Realtime.Server.Telemetry;

/// <summary>What leaves the process for monitoring. Without a setting nothing does, and counting is all that it costs.</summary>
internal static class TelemetryRegistration
{
    /// <summary>Resource attribute <c>service.name</c>; <c>OTEL_SERVICE_NAME</c> wins.</summary>
    private const string ServiceName = "realtime-hub";

    /// <summary>Beside the node's own: requests, connections, SignalR's transports, the runtime.</summary>
    private static readonly string[] FrameworkMeters =
    [
        "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Http.Connections", "System.Runtime",
    ];

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSettings<MetricsOptions>(MetricsOptions.Section);
        services.AddSingleton<IValidateOptions<MetricsOptions>, MetricsValidator>();
        services.AddHostedService<HubInstruments>();
        if (builder.Configuration.GetValue<bool>(RequestTraces.IncludeScopes)) services.AddHostedService<RequestTraces>();
        var isScraped = !string.IsNullOrWhiteSpace(builder.Configuration[$"{MetricsOptions.Section}:{nameof(MetricsOptions.Address)}"]);
        var (sent, traced) = (OtlpSettings.ForMetrics(builder.Configuration), OtlpSettings.ForTraces(builder.Configuration));
        if (!isScraped && !sent.AreGiven && !traced.AreGiven) return;
        var telemetry = services.AddOpenTelemetry()
            // In this order the standard variables win.
            .ConfigureResource(resource => resource.Clear().AddService(ServiceName).AddTelemetrySdk().AddEnvironmentVariableDetector());
        if (isScraped || sent.AreGiven)
        {
            telemetry.WithMetrics(metrics =>
            {
                metrics.AddMeter([HubCounters.MeterName, .. FrameworkMeters]);
                if (sent.AreGiven) metrics.AddOtlpExporter(sent.Apply);
                // Every scrape is fresh: by default, one within 300 ms of another would get the same text.
                if (isScraped) metrics.AddPrometheusExporter(exporter =>
                {
                    exporter.ScrapeResponseCacheDurationMilliseconds = 0;
                    exporter.ScopeInfoEnabled = false;
                });
            });
        }
        // The node's own spans only: those of the framework for requests hold queries, and these hold tokens.
        if (traced.AreGiven) telemetry.WithTracing(traces => traces.AddSource(HubTraces.SourceName).AddOtlpExporter(traced.Apply));
        if (isScraped) services.AddHostedService<MetricsListener>();
    }
}
