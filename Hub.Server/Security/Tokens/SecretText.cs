using System.Text.Json;
using System.Text.Json.Serialization;

namespace Realtime.Server.Security.Tokens;

/// <summary>A token as the argument of a hub method: a JSON string that no log shows, because SignalR logs arguments.</summary>
[JsonConverter(typeof(Converter))]
internal sealed class SecretText(string value)
{
    public string Value => value;

    public override string ToString() => "***";

    private sealed class Converter : JsonConverter<SecretText>
    {
        // Anything but a string is no token. Failing here would let SignalR answer with a sentence that says nothing about it.
        public override bool HandleNull => true;

        public override SecretText Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.String) return new(reader.GetString()!);
            reader.Skip();
            return new("");
        }

        public override void Write(Utf8JsonWriter writer, SecretText value, JsonSerializerOptions options) =>
            throw new NotSupportedException("A secret is never sent.");
    }
}
