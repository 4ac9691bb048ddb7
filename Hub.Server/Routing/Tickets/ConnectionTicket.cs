using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Realtime.Server.Node;

namespace Realtime.Server.Routing.Tickets;

/// <summary>
/// The connection token that a client gets where there are many nodes:
/// <c>&lt;node id&gt;.&lt;token&gt;~&lt;connection id&gt;~&lt;expiry&gt;~&lt;signature&gt;</c>.
/// </summary>
/// <remarks>
/// Clients put the ticket into URLs unescaped, so it holds unreserved characters only (RFC 3986, section 2.3). The parts after the token
/// let another node open a WebSocket under the connection id that the client already has (<see cref="ConnectionTokens"/>).
/// </remarks>
/// <param name="Node">The node that negotiated the connection.</param>
/// <param name="Token">SignalR's own token, known to that node.</param>
/// <param name="ConnectionId">The connection's public name.</param>
/// <param name="Expiry">Unix time in seconds until which another node may adopt the connection id.</param>
/// <param name="Signature">Covers all of the above and the user.</param>
internal sealed record ConnectionTicket(string Node, string Token, string ConnectionId, long Expiry, string Signature)
{
    /// <summary>Longer than any ticket that we make; a longer text is not ours.</summary>
    public const int MaxLength = 256;

    // Anything else that a caller hides in a ticket must not get into a rewritten query.
    private static readonly SearchValues<char> Unreserved =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

    /// <summary>The signed text, without the user.</summary>
    public string Signed => Text(Node, Token, ConnectionId, Expiry);

    public static string Text(string node, string token, string connectionId, long expiry) =>
        string.Create(CultureInfo.InvariantCulture, $"{node}.{token}~{connectionId}~{expiry}");

    /// <summary>Parses a ticket. Well-formed parts can still be false.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ConnectionTicket? ticket)
    {
        ticket = null;
        if (text is null || text.Length > MaxLength || text.AsSpan().ContainsAnyExcept(Unreserved)) return false;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || !NodeId.IsWellFormed(text.AsSpan(0, dot))) return false;
        var (node, parts) = (text[..dot], text[(dot + 1)..].Split('~'));
        // Without the other parts, the connection can still be found at its owner.
        if (parts.Length == 1) ticket = new(node, parts[0], "", 0, "");
        else if (parts.Length == 4 && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var expiry))
            ticket = new(node, parts[0], parts[1], expiry, parts[3]);
        return ticket is not null;
    }
}
