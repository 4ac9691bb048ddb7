using System.Globalization;
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
    /// The same response with how long the caller's token lasts. SignalR 11's clients ask for a refresh in time; older ones skip it.
    /// </summary>
    public NegotiateAnswer WithLifetime(long seconds)
    {
        var member = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\"tokenLifetimeSeconds\":{seconds},"));
        var start = Body.Span.IndexOf((byte)'{') + 1;
        return this with { Body = (byte[])[.. Body.Span[..start], .. member, .. Body.Span[start..]] };
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
