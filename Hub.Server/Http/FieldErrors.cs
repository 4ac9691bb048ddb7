using System.Text.Json;

namespace Realtime.Server.Http;

/// <summary>Validation errors of a request, field by field, in the order found.</summary>
internal sealed class FieldErrors
{
    /// <summary>The field that stands for the body as a whole.</summary>
    public const string Body = "body";

    // A body of 64 KB can hold thousands of mistakes; the response need not list them all.
    private const int MaxMessages = 20;

    // A field's name may be the sender's own text; code units.
    private const int MaxNameLength = 64;

    private List<(string Field, string Message)>? _messages;   // null for most requests, which are valid

    public bool IsEmpty => _messages is null;

    /// <summary>Ignores an error that was added already, and all after the first twenty.</summary>
    public void Add(string field, string message)
    {
        _messages ??= [];
        var error = (field.Length <= MaxNameLength ? field : field[..MaxNameLength] + "…", message);
        if (_messages.Count < MaxMessages && !_messages.Contains(error)) _messages.Add(error);
    }

    /// <summary>One mistake.</summary>
    public static FieldErrors Of(string field, string message)
    {
        var errors = new FieldErrors();
        errors.Add(field, message);
        return errors;
    }

    /// <summary><c>{"type":["…","…"],"orderId":["…"]}</c></summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var field in (_messages ?? []).GroupBy(error => error.Field, error => error.Message, StringComparer.Ordinal))
        {
            json.WriteStartArray(field.Key);
            foreach (var message in field) json.WriteStringValue(message);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }
}
