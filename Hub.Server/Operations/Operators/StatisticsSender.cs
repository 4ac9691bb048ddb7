using Microsoft.AspNetCore.SignalR;
using Realtime.Server.Node;
using StackExchange.Redis;

namespace Realtime.Server.Operations.Operators;

/// <summary>Sends this node's statistics to all operators once a second, and so detects whether all operators can be reached.</summary>
internal sealed partial class StatisticsSender(
    IServiceProvider services, NodeReport report, OperatorConnections connections, OtherNodes others, IOperatorsLink link,
    TimeProvider time,
    ILogger<StatisticsSender> logger) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private volatile bool _reaches = !others.MayExist;
    private bool _failing;

    /// <summary>Whether operators on all nodes can be reached from here.</summary>
    public bool Reaches => _reaches;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await link.Reached.WaitAsync(stoppingToken);
        // Resolve the hub context only now, because this creates the backplane.
        var all = services.GetRequiredService<IHubContext<OperatorsHub, IOperatorClient>>().Clients.All;
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            // Always send if there may be other nodes: their operators are not visible from here.
            if (others.MayExist || !connections.IsEmpty) await SendAsync(all, stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task SendAsync(IOperatorClient all, CancellationToken cancel)
    {
        var why = await TrySendAsync(all, cancel);
        _reaches = why is null;
        if (why is not null && !_failing) NotSent(why);
        if (why is null && _failing) SentAgain();
        _failing = why is not null;
    }

    /// <returns>Null if it was sent, else the reason why not.</returns>
    private async Task<string?> TrySendAsync(IOperatorClient all, CancellationToken cancel)
    {
        // Statistics that cannot be sent now would wait in the client library and be outdated when they are sent.
        if (!link.MayCarry) return "Its link to Redis is down.";
        try
        {
            await all.Node(report.Describe()).WaitAsync(cancel);
            return null;
        }
        catch (Exception failed) when (failed is RedisException or TimeoutException)
        {
            return "Redis does not answer.";
        }
    }

    [LoggerMessage(EventIds.StatisticsNotSent, LogLevel.Warning,
        "Statistics cannot be sent to operators: {Why} Until Redis answers, /hubs/operators refuses new connections and the operator's "
        + "page polls.")]
    private partial void NotSent(string why);

    [LoggerMessage(EventIds.StatisticsSentAgain, LogLevel.Information, "Statistics are sent to operators again.")]
    private partial void SentAgain();
}
