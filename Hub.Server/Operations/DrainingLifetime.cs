using System.Runtime.InteropServices;
using Realtime.Server.Feed;
using Realtime.Server.Node;
using Realtime.Server.Operations.Operators;
using Realtime.Server.Routing.Forwarding;

namespace Realtime.Server.Operations;

/// <summary>
/// Stops the node in order. SignalR closes all connections within milliseconds after the host begins to stop, so readers are disconnected
/// before that: (1) the node is not ready and refuses new subscriptions; (2) it closes the readers' connections, spread over
/// <c>Hub:Drain:Duration</c>; (3) the host stops: the listener closes, and requests in flight finish.
/// </summary>
/// <param name="services">
/// The host creates its lifetime first, before the settings have been checked. Services that depend on settings are resolved later.
/// </param>
internal sealed partial class DrainingLifetime(
    IHostApplicationLifetime application, NodeState node, IServiceProvider services, ILogger<DrainingLifetime> logger)
    : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _signals = [];
    private int _leaving;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        var options = services.GetRequiredService<DrainOptions>();
        // Ctrl+C comes from a developer, so the node drains without delay. SIGTERM comes from an orchestrator, which waits; SIGHUP from a
        // closed terminal.
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
        // StopSignals ends the process.
        if (!application.ApplicationStarted.IsCancellationRequested) return;
        // A second signal stops the host at once.
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
            // Cut the streams that started during the drain: each would delay the listener's shutdown up to its time limit.
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
