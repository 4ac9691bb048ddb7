using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Realtime.Server.Feed;

namespace Realtime.Server.Delivery;

/// <summary>Lets SignalR's JSON protocol write an item as the bytes that it is made of.</summary>
internal sealed class CurrentItemConverter : JsonConverter<CurrentItem>
{
    // One per thread, not per connection: idle readers must not cost a buffer.
    [ThreadStatic] private static ArrayBufferWriter<byte>? _buffer;

    public override CurrentItem Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Items are only sent.");

    public override void Write(Utf8JsonWriter writer, CurrentItem value, JsonSerializerOptions options)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>();
        buffer.ResetWrittenCount();
        ItemJson.Write(buffer, value);
        writer.WriteRawValue(buffer.WrittenSpan, skipInputValidation: true);
    }
}
