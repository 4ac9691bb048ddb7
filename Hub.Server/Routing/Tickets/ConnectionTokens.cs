using Realtime.Server.Http;
using Realtime.Server.Node;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Security;

namespace Realtime.Server.Routing.Tickets;

/// <summary>Makes the connection tokens that any node can route, and checks what a token of another node permits here.</summary>
/// <remarks>
/// A WebSocket may be opened on any node, whichever node negotiated it. The connection id travels in the signed token, so that client and
/// server use the same id there. Only the user that got the token may use it, for a short time, and once per node: of two connections
/// with one id, one would hide the other.
/// </remarks>
internal sealed class ConnectionTokens(ThisNode node, NodeDirectory directory, TimeProvider time) : IConnectionTokens
{
    /// <summary>
    /// How long after the negotiation another node adopts the connection id. Clients open at once; SignalR itself forgets after 15 s.
    /// </summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    /// <summary>Adopted ids that are remembered until they expire. Beyond this, a connection gets an id of its own.</summary>
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

    public bool MayHaveBegunWith(ConnectionTicket ticket, Caller caller, string hub) =>
        caller.ExpiresAt.ToUnixTimeSeconds() >= ticket.Expiry - (long)Lifetime.TotalSeconds && WasGivenTo(ticket, caller.User, hub);

    /// <remarks>
    /// False if the clocks of the nodes differ too much: the connection then has an id of its own, as it would without a negotiation.
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

    // For orders, this is the form of nodes of e4c6052, which know no other hub. The text before the first space distinguishes the forms.
    private static string Text(string signed, string user, string hub) =>
        hub == Paths.Orders ? $"connection {signed} {user}" : $"connection:{hub} {signed} {user}";
}
