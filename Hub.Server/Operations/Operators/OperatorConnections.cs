using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.SignalR;
using Realtime.Server.Node;

namespace Realtime.Server.Operations.Operators;

/// <summary>
/// The operators' connections to this node. A stopping node closes them one by one, so that the clients reconnect to other nodes.
/// </summary>
internal sealed class OperatorConnections(NodeState node, TimeProvider time)
{
    /// <summary>How long the last connections may take to close.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<string, HubCallerContext> _open = new(StringComparer.Ordinal);

    public bool IsEmpty => _open.IsEmpty;

    public void Add(HubCallerContext connection)
    {
        _open[connection.ConnectionId] = connection;
        // Add first, then check: either the drain finds the connection, or this check finds that the node is draining.
        if (node.IsDraining) Close(connection);
    }

    public void Remove(HubCallerContext connection) => _open.TryRemove(connection.ConnectionId, out _);

    /// <summary>Closes all open connections, spread over a duration. Completes when all are closed, or 2 s after the duration.</summary>
    public async Task DrainAsync(TimeSpan duration, CancellationToken cancel)
    {
        var open = _open.Values.ToArray();
        Random.Shared.Shuffle(open);
        var start = time.GetTimestamp();
        for (var i = 0; i < open.Length; i++)
        {
            var wait = (duration * i / open.Length) - time.GetElapsedTime(start);
            if (wait > Step) await Task.Delay(wait, time, cancel);
            Close(open[i]);
        }
        while (!IsEmpty && time.GetElapsedTime(start) < duration + Patience) await Task.Delay(Step, time, cancel);
    }

    // Not Abort: after an abort the client does not reconnect.
    private static void Close(HubCallerContext connection) =>
        connection.Features.GetRequiredFeature<IConnectionLifetimeNotificationFeature>().RequestClose();
}
