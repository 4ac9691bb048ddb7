using Realtime.Server.Http;
using Realtime.Server.Node;
using Realtime.Server.Routing.Nodes;

namespace Realtime.Server.Routing.Tickets;

/// <summary>Makes the connection tokens that any node can route, and says what a token of another node is good for here.</summary>
/// <remarks>
/// A WebSocket may be opened on any node, whoever negotiated it. So that the client's connection id is also the server's there, the id
/// travels in the signed token. Only whom it was given to may use it, only for a moment, and once on a node: two connections with one id
/// would hide each other.
/// </remarks>
internal sealed class ConnectionTokens(ThisNode node, NodeDirectory directory, TimeProvider time) : IConnectionTokens
{
    /// <summary>
    /// How long after negotiating another node takes the connection id over. Clients open at once; SignalR itself forgets after 15 s.
    /// </summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    /// <summary>Ids that were taken over within their lifetime; beyond it a connection gets an id of its own.</summary>
    public const int MaxTaken = 100_000;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);   // guarded by _gate
    private readonly Queue<(string Id, long Expiry)> _order = [];            // guarded by _gate

    private long Now => time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Completes when other nodes can find this one, and tokens can be issued.</summary>
    public Task Ready => directory.Registered;

    public string Issue(string token, string connectionId, string user, string hub)
    {
        var signed = ConnectionTicket.Text(node.Id, token, connectionId, Now + (long)Lifetime.TotalSeconds);
        return $"{signed}~{Signature.Of(directory.Key!, Text(signed, user, hub))}";
    }

    public bool WasGivenTo(ConnectionTicket ticket, string user, string hub) =>
        directory.Key is { } key && Signature.IsRight(ticket.Signature, key, Text(ticket.Signed, user, hub));

    /// <remarks>
    /// Clocks of nodes may differ: then it is no, and the connection has an id of its own, as it would without a negotiation.
    /// </remarks>
    public bool TryTakeId(ConnectionTicket ticket)
    {
        var now = Now;
        if (ticket.Expiry <= now || ticket.Expiry > now + Lifetime.TotalSeconds) return false;
        lock (_gate)
        {
            while (_order.TryPeek(out var oldest) && oldest.Expiry <= now) _taken.Remove(_order.Dequeue().Id);
            if (_taken.Count >= MaxTaken || !_taken.Add(ticket.ConnectionId)) return false;
            _order.Enqueue((ticket.ConnectionId, ticket.Expiry));
            return true;
        }
    }

    // For orders as nodes of e4c6052 sign it, which know no other hub. What comes before the first space tells the two forms apart.
    private static string Text(string signed, string user, string hub) =>
        hub == Paths.Orders ? $"connection {signed} {user}" : $"connection:{hub} {signed} {user}";
}
