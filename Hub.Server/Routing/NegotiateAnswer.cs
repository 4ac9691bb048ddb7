using System.Text;
using System.Text.Json;

namespace Realtime.Server.Routing;

/// <summary>SignalR's response to a negotiation that created a connection.</summary>
internal sealed record NegotiateAnswer(ReadOnlyMemory<byte> Body, string Token, string ConnectionId)
{
    /// <summary>Null if no connection was created.</summary>
    public static NegotiateAnswer? Read(ReadOnlyMemory<byte> body)
    {
        using var json = JsonDocument.Parse(body);
        var root = json.RootElement;
        return root.TryGetProperty("connectionToken", out var token) && root.TryGetProperty("connectionId", out var id)
            ? new(body, token.GetString()!, id.GetString()!)
            : null;
    }

    /// <summary>
    /// The same response with another token. JSON escapes neither token. SignalR's own occurs only once, because it is random.
    /// </summary>
    public ReadOnlyMemory<byte> WithToken(string token)
    {
        if (token == Token) return Body;
        var (before, after) = (Encoding.ASCII.GetBytes(Token), Encoding.ASCII.GetBytes(token));
        var start = Body.Span.IndexOf(before);
        return (byte[])[.. Body.Span[..start], .. after, .. Body.Span[(start + before.Length)..]];
    }
}
