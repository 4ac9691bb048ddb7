using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.SignalR;
using Realtime.Server.Node;

namespace Realtime.Server.Operations.Operators;

/// <summary>The operators' connections of this node, so that a node that stops can send them elsewhere one by one.</summary>
internal sealed class OperatorConnections(NodeState node, TimeProvider time)
{
    /// <summary>How long the last ones may take to hang up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<string, HubCallerContext> _open = new(StringComparer.Ordinal);

    public bool IsEmpty => _open.IsEmpty;

    public void Add(HubCallerContext connection)
    {
        _open[connection.ConnectionId] = connection;
        // Add first, then look: either the drain finds the connection, or the connection finds the drain.
        if (node.IsDraining) Close(connection);
    }

    public void Remove(HubCallerContext connection) => _open.TryRemove(connection.ConnectionId, out _);

    /// <summary>Closes the connections there are, spread over a time. Completes when they have gone, or soon after it.</summary>
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

    // Not Abort: after that the client does not reconnect.
    private static void Close(HubCallerContext connection) =>
        connection.Features.GetRequiredFeature<IConnectionLifetimeNotificationFeature>().RequestClose();
}
