using System.Text.Json;

namespace Realtime.Server.Redis.Data;

/// <summary>Reads a notification's body, which lacks its opening brace (<see cref="Notifications.Notification.Body"/>).</summary>
internal static class BodyJson
{
    /// <summary>A reader that has read the brace and is positioned before the first member.</summary>
    public static Utf8JsonReader Open(ReadOnlySpan<byte> body)
    {
        var brace = new Utf8JsonReader("{"u8, isFinalBlock: false, default);
        brace.Read();
        return new(body, isFinalBlock: true, brace.CurrentState);
    }
}
