using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Realtime.Tests.Security;

/// <summary>Requests a WebSocket with exactly the headers that a test specifies.</summary>
internal static class WebSocketUpgrade
{
    private const int StatusAt = 9;

    /// <returns>The status. After a 101 the server waits for a handshake, so only the first line is read.</returns>
    public static async Task<int> AskAsync(Uri server, string target, CancellationToken cancel, params string[] headers)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, cancel);
        var hasHost = headers.Any(header => header.StartsWith("Host:", StringComparison.Ordinal));
        string[] host = hasHost ? [] : [$"Host: {server.Authority}"];
        string[] all =
        [
            $"GET {target} HTTP/1.1", .. host, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", .. headers, "", "",
        ];
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(string.Join("\r\n", all)), cancel);
        var answer = new byte[StatusAt + 3];
        await client.GetStream().ReadExactlyAsync(answer, cancel);
        return int.Parse(Encoding.ASCII.GetString(answer)[StatusAt..], CultureInfo.InvariantCulture);
    }
}
