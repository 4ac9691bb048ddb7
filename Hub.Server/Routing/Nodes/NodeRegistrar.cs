using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Realtime.Server.Node;
using Realtime.Server.Notifications.Cursors;
using Realtime.Server.Redis;

namespace Realtime.Server.Routing.Nodes;

/// <summary>Announces this node's address to the other nodes through Redis, and keeps <see cref="NodeDirectory"/> up to date.</summary>
/// <remarks>Starts once the server listens, and stops after its last request: a draining node can still be found.</remarks>
internal sealed partial class NodeRegistrar(
    ThisNode node, NodeDirectory directory, NodeOptions options, CursorChoice cursors, RedisConnection redis, IServer server,
    IHostApplicationLifetime application, TimeProvider time, ILogger<NodeRegistrar> logger) : BackgroundService
{
    /// <summary>How often a node announces itself.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Least time between two reads of the list, however many unknown ids are looked up.</summary>
    public static readonly TimeSpan LeastInterval = TimeSpan.FromMilliseconds(200);

    private readonly NodeScript _script = new(redis);
    private bool _failing, _strange;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        (cursors.Version, redis.MayStoreApart, redis.MayKeepTraces) = (CursorVersion1.Version, false, false);   // until the list is read
        await application.StartedAsync(stoppingToken);
        await redis.Reached.WaitAsync(stoppingToken);
        var address = Address();
        while (true)
        {
            await RefreshAsync(address);
            await Task.Delay(LeastInterval, time, stoppingToken);
            await directory.WaitForQuestionAsync(Interval - LeastInterval, stoppingToken);
        }
    }

    /// <summary>The listener is closed by now. Leaving the list lets other nodes report sooner that our connections are gone.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (!directory.Registered.IsCompleted) return;
        try
        {
            await _script.RunAsync(node.Id, address: null);
        }
        catch (RedisUnavailableException) { /* then it is forgotten by and by */ }
    }

    private async Task RefreshAsync(Uri? address)
    {
        try
        {
            await directory.UpdateAsync(() => ReadAsync(address));
            cursors.Version = directory.LeastVersion < NodeVersions.ShortCursors ? CursorVersion1.Version : CursorVersion2.Version;
            redis.MayStoreApart = directory.LeastVersion >= NodeVersions.MovingSlots;
            redis.MayKeepTraces = directory.LeastVersion >= NodeVersions.KeptTraces;
            redis.EndedSessionsAreListed = directory.LeastVersion >= NodeVersions.EndedSessions;
            if (_failing) SucceedsAgain();
            _failing = false;
        }
        catch (RedisUnavailableException failure)
        {
            if (!_failing) Fails(failure.Message);
            _failing = true;
        }
    }

    private async Task<NodeList> ReadAsync(Uri? address)
    {
        var answer = await _script.RunAsync(node.Id, address);
        if (answer.Repaired is { } key) Repaired(key);
        if (answer.StrangeEntries > 0 && !_strange) StrangeEntries(redis.Keys.Nodes, answer.StrangeEntries);
        _strange = answer.StrangeEntries > 0;
        return answer.List;
    }

    private Uri? Address()
    {
        var listening = server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        var address = NodeAddress.Of(options.Address, listening, NodeAddress.OfThisMachine());
        if (address is null) NoAddress(node.Id);
        else if (address.IsLoopback) Loopback(node.Id, address);
        else Registered(node.Id, address);
        return address;
    }

    [LoggerMessage(RoutingEventIds.Registered, LogLevel.Information,
        "This node is {Node}; the others reach it at {Address} (Hub:Node:Address).")]
    private partial void Registered(string node, Uri address);

    [LoggerMessage(RoutingEventIds.LoopbackAddress, LogLevel.Warning,
        "This node is {Node}; the others try to reach it at {Address}, which leads every machine to itself. Set Hub:Node:Address "
        + "unless all nodes run on this machine.")]
    private partial void Loopback(string node, Uri address);

    [LoggerMessage(RoutingEventIds.NoAddress, LogLevel.Error,
        "This node ({Node}) listens nowhere where the others could reach it: event streams and long polls fail wherever they arrive at "
        + "another node. Set Hub:Node:Address.")]
    private partial void NoAddress(string node);

    [LoggerMessage(RoutingEventIds.RefreshFailed, LogLevel.Warning,
        "The list of nodes cannot be read: {Why} The last list stays in use.")]
    private partial void Fails(string why);

    [LoggerMessage(RoutingEventIds.RefreshSucceedsAgain, LogLevel.Information, "The list of nodes can be read again.")]
    private partial void SucceedsAgain();

    [LoggerMessage(RoutingEventIds.StrangeEntry, LogLevel.Warning,
        "{RedisKey} in Redis holds {Count} entries that no node wrote; they are passed over.")]
    private partial void StrangeEntries(string redisKey, int count);

    [LoggerMessage(RoutingEventIds.Repaired, LogLevel.Warning,
        "{RedisKey} in Redis held what no node wrote: it was deleted and made again.")]
    private partial void Repaired(string redisKey);
}
