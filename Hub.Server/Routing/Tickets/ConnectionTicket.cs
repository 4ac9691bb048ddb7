using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Realtime.Server.Node;

namespace Realtime.Server.Routing.Tickets;

/// <summary>
/// What a client gets as its connection token where there are many nodes:
/// <c>&lt;node id&gt;.&lt;token&gt;~&lt;connection id&gt;~&lt;expiry&gt;~&lt;signature&gt;</c>.
/// </summary>
/// <remarks>
/// Clients put it into URLs as it is, so it holds unreserved characters only (RFC 3986, section 2.3). What is behind the token lets another
/// node open a WebSocket under the connection id that the client was told (<see cref="ConnectionTokens"/>).
/// </remarks>
/// <param name="Node">Who negotiated the connection.</param>
/// <param name="Token">SignalR's own token, known to that node.</param>
/// <param name="ConnectionId">The connection's public name.</param>
/// <param name="Expiry">Unix time in seconds until which another node may take the connection id over.</param>
/// <param name="Signature">Over all of it and the user.</param>
internal sealed record ConnectionTicket(string Node, string Token, string ConnectionId, long Expiry, string Signature)
{
    /// <summary>Longer than any that we make; more is somebody else's text.</summary>
    public const int MaxLength = 256;

    // Whatever else a caller hides in it must not get into a query that is written anew.
    private static readonly SearchValues<char> Unreserved =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

    /// <summary>What is signed, besides the user.</summary>
    public string Signed => Text(Node, Token, ConnectionId, Expiry);

    public static string Text(string node, string token, string connectionId, long expiry) =>
        string.Create(CultureInfo.InvariantCulture, $"{node}.{token}~{connectionId}~{expiry}");

    /// <summary>Reads a ticket's parts. That they are well formed says nothing about whether they are true.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ConnectionTicket? ticket)
    {
        ticket = null;
        if (text is null || text.Length > MaxLength || text.AsSpan().ContainsAnyExcept(Unreserved)) return false;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || !NodeId.IsWellFormed(text.AsSpan(0, dot))) return false;
        var (node, parts) = (text[..dot], text[(dot + 1)..].Split('~'));
        // Without the rest it can still be found at its owner.
        if (parts.Length == 1) ticket = new(node, parts[0], "", 0, "");
        else if (parts.Length == 4 && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var expiry))
            ticket = new(node, parts[0], parts[1], expiry, parts[3]);
        return ticket is not null;
    }
}
