using System.Buffers;
using System.Buffers.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Realtime.Server.Feed;
using Realtime.Server.Notifications;

namespace Realtime.Server.Delivery;

/// <summary>
/// Items as they go over the wire, in all ways of receiving alike (UTF-8, one line). A notification's own JSON is copied as it was stored;
/// only its cursor, topic and sequence are written in front.
/// </summary>
internal static class ItemJson
{
    public static void Write(IBufferWriter<byte> output, FeedItem item)
    {
        output.Write("{"u8);
        if (!item.Cursor.IsEmpty)
        {
            output.Write("\"cursor\":\""u8);
            output.Write(item.Cursor);
            output.Write(item.Kind == FeedItemKind.Position ? "\""u8 : "\","u8);
        }

        switch (item.Kind)
        {
            case FeedItemKind.Notification:
                WriteNotification(output, item.Topic!.Value, item.Notification!);
                return;
            case FeedItemKind.Gap:
                WriteGap(output, item.Topic, item.Gap!.Value);
                break;
            case FeedItemKind.Closing:
                WriteClosing(output, item.Closing!.Value);
                break;
            default:
                break;
        }
        output.Write("}"u8);
    }

    private static void WriteNotification(IBufferWriter<byte> output, Topic topic, Notification notification)
    {
        output.Write("\"topic\":"u8);
        WriteText(output, topic.Text);
        output.Write(",\"sequence\":"u8);
        WriteNumber(output, notification.Position.Sequence);
        output.Write(","u8);
        output.Write(notification.Body.Span);
    }

    private static void WriteGap(IBufferWriter<byte> output, Topic? topic, Gap gap)
    {
        output.Write("\"gap\":{\"topic\":"u8);
        if (topic is { } known) WriteText(output, known.Text);
        else output.Write("null"u8);
        output.Write(",\"after\":"u8);
        WriteNumber(output, gap.After);
        output.Write(",\"next\":"u8);
        WriteNumber(output, gap.Next);
        output.Write(",\"reason\":"u8);
        WriteText(output, WireNames.Of(gap.Reason));
        output.Write("}"u8);
    }

    private static void WriteClosing(IBufferWriter<byte> output, Closing closing)
    {
        output.Write("\"closing\":{\"reason\":"u8);
        WriteText(output, WireNames.Of(closing.Reason));
        output.Write(",\"reconnectInMs\":"u8);
        WriteNumber(output, (long)closing.ReconnectIn.TotalMilliseconds);
        output.Write("}"u8);
    }

    private static void WriteNumber(IBufferWriter<byte> output, long? number)
    {
        if (number is not { } value)
        {
            output.Write("null"u8);
            return;
        }
        Utf8Formatter.TryFormat(value, output.GetSpan(20), out var written);
        output.Advance(written);
    }

    private static void WriteText(IBufferWriter<byte> output, string text)
    {
        output.Write("\""u8);
        var encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        // Names are short and mostly plain: then they are copied as they are.
        if (System.Text.Ascii.FromUtf16(text, output.GetSpan(text.Length), out var written) == OperationStatus.Done
            && encoder.FindFirstCharacterToEncodeUtf8(output.GetSpan(text.Length)[..written]) < 0) output.Advance(written);
        else output.Write(JsonEncodedText.Encode(text, encoder).EncodedUtf8Bytes);
        output.Write("\""u8);
    }
}
