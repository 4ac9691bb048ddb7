using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Realtime.Server.Node;

namespace Realtime.Server.Dashboard.Demo;

/// <summary>
/// Places the sample orders one after the other, in an endless loop, so that a newcomer sees orders arrive without any set-up.
/// </summary>
internal sealed partial class DemoReplay(
    DemoOptions options, DemoSwitch demo, DemoPublisher publisher, IServer server, IHostApplicationLifetime application, TimeProvider time,
    ILogger<DemoReplay> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!demo.IsOn) return;
        // The listener closes when the application begins to stop, which is no failure to report.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, application.ApplicationStopping);
        try
        {
            await application.StartedAsync(stopping.Token);
            if (DemoAddress.Find(server.Features.Get<IServerAddressesFeature>()?.Addresses ?? []) is not { } node) NoAddress();
            else await PlayAsync(node, stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested) { /* the node stops */ }
    }

    private async Task PlayAsync(Uri node, CancellationToken cancel)
    {
        var orders = DemoOrder.ReadAll();
        Playing(orders.Count, options.OrdersPerSecond);
        // Ticks that pass while the store is unavailable are not made up for.
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1 / options.OrdersPerSecond), time);
        foreach (var events in DemoScript.Play(orders))
        {
            foreach (var happened in events) await publisher.PublishAsync(node, happened, cancel);
            await timer.WaitForNextTickAsync(cancel);
        }
    }

    [LoggerMessage(EventIds.DemoStarted, LogLevel.Information,
        "Demo: {Orders} sample orders are replayed, {Rate} a second. Hub:Demo:Enabled=false turns it off.")]
    private partial void Playing(int orders, double rate);

    [LoggerMessage(EventIds.DemoOff, LogLevel.Warning,
        "The demo is off: it publishes over plain http, and this node listens on no http address.")]
    private partial void NoAddress();
}
