using System.Text.Json;
using Realtime.Server.Notifications;

namespace Realtime.Server.Redis.Data;

/// <summary>
/// Rejects entries that this server's log cannot have stored, because other programs may write to the same Redis.
/// </summary>
internal static class EntryCheck
{
    private static ReadOnlySpan<byte> BodyStart => "\"id\":\""u8;

    /// <summary>Null if position, previous stamp and body cannot belong to a notification.</summary>
    public static Notification? Make(Position position, long previous, ReadOnlyMemory<byte> body) =>
        position.Sequence > 0 && previous <= position.Stamp && position.Sequence == 1 == (previous == 0) && IsBody(body.Span)
            ? new(position, previous, body)
            : null;

    /// <summary>
    /// True for one JSON object without its opening brace, on one line: a reader's parser would fail on anything else.
    /// </summary>
    private static bool IsBody(ReadOnlySpan<byte> body)
    {
        if (!body.StartsWith(BodyStart) || body.ContainsAnyInRange((byte)0, (byte)31)) return false;
        try
        {
            var rest = BodyJson.Open(body);
            while (rest.Read()) { }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
