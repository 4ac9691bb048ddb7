using System.Net.Sockets;
using OpenTelemetry.Metrics;
using Realtime.Server.Node;

namespace Realtime.Server.Telemetry;

/// <summary>
/// Serves <c>GET /metrics</c> and nothing else, at <c>Hub:Metrics:Address</c>: a second web server, apart from the readers'.
/// </summary>
/// <remarks>It starts before the readers' server and stops after it, so that a node that drains is still watched.</remarks>
internal sealed partial class MetricsListener(
    MetricsOptions options, MeterProvider metrics, ILoggerFactory loggers, ILogger<MetricsListener> logger) : IHostedService
{
    public const string Path = "/metrics";

    private WebApplication? _app;

    /// <exception cref="MetricsUnusableException">It cannot listen there.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // Empty: no file, variable or argument may give it the other server's addresses or certificates.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.AddServerHeader = false).UseUrls(options.Address!);
        builder.Services.AddSingleton(loggers).AddSingleton<IHostLifetime, Subordinate>();
        _app = builder.Build();
        _app.UseOpenTelemetryPrometheusScrapingEndpoint(
            metrics, IsScrape, path: null, configureBranchedPipeline: null, optionsName: null);
        try
        {
            await _app.StartAsync(cancellationToken);
        }
        catch (Exception cannot) when (cannot is not OperationCanceledException)
        {
            throw new MetricsUnusableException(Why(cannot), cannot);
        }
        Serving(string.Join(", ", _app.Urls));
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_app is null) return;
        await _app.StopAsync(cancellationToken);
        await _app.DisposeAsync();
    }

    private static bool IsScrape(HttpContext context) => context.Request.Path == Path && HttpMethods.IsGet(context.Request.Method);

    private string Why(Exception cannot) =>
        $"The metrics cannot be served at {options.Address}: {cannot.GetBaseException().Message.TrimEnd('.')}. "
        + (cannot.GetBaseException() as SocketException)?.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => "Stop what listens there, or give Hub:Metrics:Address another port.",
            SocketError.AccessDenied =>
                $"Give Hub:Metrics:Address a port above 1023, or let the user '{Environment.UserName}' have lower ones "
                + "(CAP_NET_BIND_SERVICE).",
            _ => "Give Hub:Metrics:Address an address that this machine has and a port that this user may have.",
        };

    [LoggerMessage(EventIds.MetricsServed, LogLevel.Information, "Metrics for Prometheus: {Addresses}/metrics")]
    private partial void Serving(string addresses);

    /// <summary>The other server decides what a signal does.</summary>
    private sealed class Subordinate : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>The metrics cannot be served or sent. The message says how to fix it.</summary>
internal sealed class MetricsUnusableException(string message, Exception? inner = null) : Exception(message, inner);
