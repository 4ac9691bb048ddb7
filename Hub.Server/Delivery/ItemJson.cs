using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Realtime.Server.Feed;
using Realtime.Server.Notifications;

namespace Realtime.Server.Delivery;

/// <summary>
/// Items as they go over the wire, the same on every transport (UTF-8, one line). A notification's own JSON is copied as it was stored;
/// only its cursor, topic and sequence are written before it.
/// </summary>
internal static class ItemJson
{
    // Everything in an item that is not its cursor, its topic or the notification's own JSON: names, numbers, a reason.
    private const int MaxFrame = 256;

    // A character that must be escaped takes \uXXXX.
    private const int MaxEscaped = 6;

    public static void Write(IBufferWriter<byte> output, CurrentItem item)
    {
        // Ask for a buffer once: this runs for every delivery.
        var json = new SpanWriter(output.GetSpan(MaxFrame + item.Cursor.Length + (MaxEscaped * (item.Topic?.Text.Length ?? 0))));
        json.Write("{"u8);
        if (!item.Cursor.IsEmpty)
        {
            json.Write("\"cursor\":\""u8);
            json.Write(item.Cursor);
            json.Write(item.Kind == FeedItemKind.Position ? "\""u8 : "\","u8);
        }

        switch (item.Kind)
        {
            case FeedItemKind.Notification:
                WriteAddress(ref json, item.Topic!.Value, item.Notification!.Position.Sequence);
                break;
            case FeedItemKind.Gap:
                WriteGap(ref json, item.Topic, item.Gap!.Value);
                break;
            case FeedItemKind.Closing:
                WriteClosing(ref json, item.Closing!.Value);
                break;
            default:
                break;
        }
        if (item.Kind != FeedItemKind.Notification) json.Write("}"u8);
        output.Advance(json.Written.Length);
        if (item.Kind == FeedItemKind.Notification) output.Write(item.Notification!.Body.Span);
    }

    private static void WriteAddress(ref SpanWriter json, Topic topic, long sequence)
    {
        json.Write("\"topic\":"u8);
        WriteText(ref json, topic.Text);
        json.Write(",\"sequence\":"u8);
        json.Write(sequence);
        json.Write(","u8);
    }

    private static void WriteGap(ref SpanWriter json, Topic? topic, Gap gap)
    {
        json.Write("\"gap\":{\"topic\":"u8);
        if (topic is { } known) WriteText(ref json, known.Text);
        else json.Write("null"u8);
        json.Write(",\"after\":"u8);
        WriteNumber(ref json, gap.After);
        json.Write(",\"next\":"u8);
        WriteNumber(ref json, gap.Next);
        json.Write(",\"reason\":"u8);
        WriteText(ref json, WireNames.Of(gap.Reason));
        json.Write("}"u8);
    }

    private static void WriteClosing(ref SpanWriter json, Closing closing)
    {
        json.Write("\"closing\":{\"reason\":"u8);
        WriteText(ref json, WireNames.Of(closing.Reason));
        json.Write(",\"reconnectInMs\":"u8);
        json.Write((long)closing.ReconnectIn.TotalMilliseconds);
        json.Write("}"u8);
    }

    private static void WriteNumber(ref SpanWriter json, long? number)
    {
        if (number is { } value) json.Write(value);
        else json.Write("null"u8);
    }

    private static void WriteText(ref SpanWriter json, string text)
    {
        json.Write("\""u8);
        var encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        // Names are short and mostly plain ASCII; those are copied as they are.
        if (System.Text.Ascii.FromUtf16(text, json.Rest, out var written) == OperationStatus.Done
            && encoder.FindFirstCharacterToEncodeUtf8(json.Rest[..written]) < 0) json.Advance(written);
        else json.Write(JsonEncodedText.Encode(text, encoder).EncodedUtf8Bytes);
        json.Write("\""u8);
    }
}
