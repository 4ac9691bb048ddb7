using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Realtime.Tests.Support;

/// <summary>
/// Just enough of Redis's protocol for a test to query a server directly. Texts go over the wire as Latin-1, so that any bytes come back
/// unchanged.
/// </summary>
internal static class RedisTalk
{
    public static async Task<IReadOnlyList<string>> AskAsync(NetworkStream stream, IEnumerable<string> command, CancellationToken cancel)
    {
        var parts = command.ToList();
        var request = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{parts.Count}\r\n");
        foreach (var part in parts) request.Append(CultureInfo.InvariantCulture, $"${part.Length}\r\n{part}\r\n");
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request.ToString()), cancel);
        using var reader = new StreamReader(stream, Encoding.Latin1, false, 65_536, leaveOpen: true);
        var answer = new List<string>();
        await ReadAsync(reader, answer, cancel);
        return answer;
    }

    /// <summary>A text as UTF-8, spelled so that <see cref="AskAsync"/> sends those bytes.</summary>
    public static string Utf8(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    private static async Task ReadAsync(StreamReader reader, List<string> answer, CancellationToken cancel)
    {
        var line = await reader.ReadLineAsync(cancel) ?? throw new IOException("Redis closed the connection.");
        var rest = line[1..];
        switch (line[0])
        {
            case '-':
                throw new ErrorException(rest);
            case '$' when rest != "-1":
                var text = new char[int.Parse(rest, CultureInfo.InvariantCulture) + 2];
                if (await reader.ReadBlockAsync(text, cancel) < text.Length) throw new IOException("Redis closed the connection.");
                answer.Add(new string(text[..^2]));
                break;
            case '*' when rest != "-1":
                for (var i = int.Parse(rest, CultureInfo.InvariantCulture); i > 0; i--) await ReadAsync(reader, answer, cancel);
                break;
            case '+' or ':':
                answer.Add(rest);
                break;
            default:
                break;   // nothing there
        }
    }

    internal sealed class ErrorException(string message) : Exception(message);
}
