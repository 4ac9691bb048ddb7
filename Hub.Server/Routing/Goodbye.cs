using System.Text.Json;

namespace Realtime.Server.Routing;

/// <summary>A request by which a client ends its connection, or a stream of it.</summary>
/// <remarks>
/// The stock client sends a goodbye without waiting, and ends the transport at the same time. The second of the two found no connection:
/// it got a 404, which the client takes for a success and a browser writes to its console.
/// </remarks>
internal static class Goodbye
{
    /// <summary>Bytes of a body at most; a goodbye is short.</summary>
    private const int MaxBytes = 256;

    /// <summary>The separator of messages in the JSON protocol.</summary>
    private const byte EndOfMessage = 0x1e;

    // SignalR's specification, CancelInvocation and Close.
    private const int Cancels = 5, Closes = 7;

    public static bool MayBe(HttpRequest request) =>
        HttpMethods.IsDelete(request.Method) || (HttpMethods.IsPost(request.Method) && request.ContentLength is > 0 and <= MaxBytes);

    /// <summary>Whether a request that <see cref="MayBe"/> a goodbye is one. Its body can still be read afterwards.</summary>
    public static async ValueTask<bool> IsOneAsync(HttpRequest request, CancellationToken cancel)
    {
        if (HttpMethods.IsDelete(request.Method)) return true;
        var body = new byte[(int)request.ContentLength!];
        await request.Body.ReadExactlyAsync(body, cancel);
        request.Body = new MemoryStream(body, writable: false);
        return OnlyEnds(body);
    }

    /// <summary>Whether the messages only end something.</summary>
    public static bool OnlyEnds(ReadOnlySpan<byte> messages)
    {
        if (messages.IsEmpty || messages[^1] != EndOfMessage) return false;
        try
        {
            foreach (var part in messages[..^1].Split(EndOfMessage))
                if (TypeOf(messages[part]) is not (Cancels or Closes)) return false;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static int? TypeOf(ReadOnlySpan<byte> message)
    {
        var reader = new Utf8JsonReader(message);
        return JsonElement.TryParseValue(ref reader, out var json) && !reader.Read() && json is { ValueKind: JsonValueKind.Object } one
            && one.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.Number && type.TryGetInt32(out var number)
            ? number
            : null;
    }
}
