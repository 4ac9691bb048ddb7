using System.Buffers;
using System.Text;

namespace Realtime.Server.Notifications;

/// <summary>
/// The last member of a body (<see cref="Notification.Body"/>) whose publish was traced: <c>,"trace":"00-…-…-01"}</c>, a W3C traceparent of
/// version 00.
/// </summary>
internal static class TraceMember
{
    /// <summary>ASCII characters of a traceparent of version 00.</summary>
    public const int ValueLength = 55;

    /// <summary>Bytes that the member adds to a body.</summary>
    public static readonly int Length = Start.Length + ValueLength + 1;

    private static readonly SearchValues<byte> Characters = SearchValues.Create("0123456789abcdef-"u8);

    private static ReadOnlySpan<byte> Start => ",\"trace\":\""u8;

    private static ReadOnlySpan<byte> End => "\"}"u8;

    /// <summary>The value; empty if the body has no such member.</summary>
    /// <remarks>
    /// Looks at the last bytes only. Inside a string, a quote would follow a backslash; inside <c>data</c>, another brace would follow.
    /// </remarks>
    public static ReadOnlySpan<byte> ValueIn(ReadOnlySpan<byte> body)
    {
        if (body.Length < Length + 1 || !body.EndsWith(End)) return default;
        var member = body[^(Length + 1)..];
        var value = member.Slice(Start.Length, ValueLength);
        return member.StartsWith(Start) && IsValue(value) ? value : default;
    }

    /// <summary>True for the characters and the length of a traceparent.</summary>
    public static bool IsValue(ReadOnlySpan<byte> text) => text.Length == ValueLength && !text.ContainsAnyExcept(Characters);

    /// <summary>Writes the member; the closing brace follows it.</summary>
    public static void Write(ref SpanWriter json, string value)
    {
        json.Write(Start);
        json.WriteAscii(value);
        json.Write("\""u8);
    }

    /// <summary>The same body with this trace instead of its own; null: without any.</summary>
    public static ReadOnlyMemory<byte> Replace(ReadOnlyMemory<byte> body, string? value)
    {
        var own = ValueIn(body.Span);
        if (own.IsEmpty && value is null) return body;
        var rest = body.Span[..^(own.IsEmpty ? 1 : Length + 1)];
        return (byte[])(value is null ? [.. rest, (byte)'}'] : [.. rest, .. Start, .. Encoding.ASCII.GetBytes(value), .. End]);
    }
}
