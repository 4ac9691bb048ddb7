using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
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
        var isExported = OtlpSettings.AreGiven(builder.Configuration);
        if (!isScraped && !isExported) return;
        services.AddOpenTelemetry()
            // In this order the standard variables win.
            .ConfigureResource(resource => resource.Clear().AddService(ServiceName).AddTelemetrySdk().AddEnvironmentVariableDetector())
            .WithMetrics(metrics =>
            {
                metrics.AddMeter([HubCounters.MeterName, .. FrameworkMeters]);
                if (isExported) metrics.AddOtlpExporter(exporter => OtlpSettings.Apply(exporter, builder.Configuration));
                // Every scrape is fresh: by default, one within 300 ms of another would get the same text.
                if (isScraped) metrics.AddPrometheusExporter(exporter =>
                {
                    exporter.ScrapeResponseCacheDurationMilliseconds = 0;
                    exporter.ScopeInfoEnabled = false;
                });
            });
        if (isScraped) services.AddHostedService<MetricsListener>();
    }
}
