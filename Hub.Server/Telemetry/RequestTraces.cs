using System.Diagnostics;

namespace Realtime.Server.Telemetry;

/// <summary>Gives each request a trace id, its caller's or a new one, for log lines that include scopes.</summary>
/// <remarks>
/// The framework makes none by itself, because the log category that it asks is silent here (it prints queries). Without this nothing is
/// made, so requests of nodes whose logs have no scopes cost nothing more.
/// </remarks>
internal sealed class RequestTraces : IHostedService, IDisposable
{
    /// <summary>A setting of the framework: without it no formatter writes trace ids.</summary>
    public const string IncludeScopes = "Logging:Console:FormatterOptions:IncludeScopes";

    private readonly ActivityListener _listener = new()
    {
        ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
        Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
    };

    public Task StartAsync(CancellationToken cancellationToken)
    {
        ActivitySource.AddActivityListener(_listener);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _listener.Dispose();
}
