using System.Runtime.InteropServices;
using Realtime.Server.Feed;
using Realtime.Server.Node;
using Realtime.Server.Operations.Operators;
using Realtime.Server.Routing.Forwarding;

namespace Realtime.Server.Operations;

/// <summary>
/// Leaves in order. SignalR closes everything within milliseconds of the host's stopping, so the readers' departures come before that: (1)
/// not ready, and new subscriptions are sent away (2) the readers there are, spread over <c>Hub:Drain:Duration</c> (3) the host stops: the
/// listener closes, requests in flight finish.
/// </summary>
/// <param name="services">The host makes its lifetime first, before the settings have been checked: what depends on them is asked for
/// later.</param>
internal sealed partial class DrainingLifetime(
    IHostApplicationLifetime application, NodeState node, IServiceProvider services, ILogger<DrainingLifetime> logger)
    : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _signals = [];
    private int _leaving;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        var options = services.GetRequiredService<DrainOptions>();
        // Ctrl+C is a developer who does not want to wait; SIGTERM is an orchestrator that does, SIGHUP a terminal that was closed.
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Leave(signal, options.Duration)));
        if (!HangUp.IsIgnored())
            _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => Leave(signal, options.Duration)));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Leave(signal, TimeSpan.Zero)));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGQUIT, signal => Leave(signal, TimeSpan.Zero)));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _signals.ForEach(signal => signal.Dispose());

    private void Leave(PosixSignalContext signal, TimeSpan duration)
    {
        signal.Cancel = true;
        // See StopSignals: the process ends.
        if (!application.ApplicationStarted.IsCancellationRequested) return;
        // A second signal means: now.
        if (Interlocked.Increment(ref _leaving) > 1) application.StopApplication();
        else _ = DrainAsync(duration);
    }

    private async Task DrainAsync(TimeSpan duration)
    {
        try
        {
            node.BeginDraining();
            Draining(duration);
            var forwarded = services.GetRequiredService<ForwardedStreams>();
            await Task.WhenAll(
                services.GetRequiredService<NotificationFeed>().DrainAsync(duration, application.ApplicationStopping),
                services.GetRequiredService<OperatorConnections>().DrainAsync(duration, application.ApplicationStopping),
                forwarded.DrainAsync(duration, application.ApplicationStopping));
            // Those that came meanwhile: each would hold the listener's end up to its limit.
            forwarded.CutAll();
        }
        catch (OperationCanceledException) when (application.ApplicationStopping.IsCancellationRequested) { /* a second signal */ }
        finally
        {
            application.StopApplication();
        }
    }

    [LoggerMessage(EventIds.Draining, LogLevel.Information,
        "Stopping: the connections of readers are closed within {Duration} (Hub:Drain:Duration).")]
    private partial void Draining(TimeSpan duration);
}
