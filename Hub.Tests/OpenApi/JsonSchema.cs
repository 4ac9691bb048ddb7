using System.Text.Json;
using System.Text.RegularExpressions;

namespace Realtime.Tests.OpenApi;

/// <summary>Validates JSON against a schema of the OpenAPI document. Supports the keywords that the document uses, and no others.</summary>
internal sealed class JsonSchema(JsonElement document)
{
    private static readonly string[] Known =
    [
        "$ref", "type", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "pattern", "minLength", "maxLength",
            "minimum", "maximum",
        "maxItems", "default", "description", "format",
    ];

    /// <summary>The mismatches, by their place in the value; empty if there are none.</summary>
    public IReadOnlyList<string> Faults(JsonElement schema, JsonElement value, string at = "$")
    {
        List<string> faults = [.. schema.EnumerateObject().Where(word => !Known.Contains(word.Name))
            .Select(word => $"{at}: the keyword {word.Name} is not known here")];
        if (schema.TryGetProperty("$ref", out var reference)) faults.AddRange(Faults(Resolve(reference.GetString()!), value, at));
        if (schema.TryGetProperty("type", out var type) && !TypesOf(type).Contains(TypeOf(value))
            && !(TypeOf(value) == "integer" && TypesOf(type).Contains("number")))
            return [.. faults, $"{at} is a {TypeOf(value)}, not {type}"];
        if (schema.TryGetProperty("anyOf", out var any) && !any.EnumerateArray().Any(one => Faults(one, value, at).Count == 0))
            faults.Add($"{at} is none of {any}");
        if (schema.TryGetProperty("enum", out var texts) && !texts.EnumerateArray().Any(text => JsonElement.DeepEquals(text, value)))
            faults.Add($"{at} is not in {texts}");
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                faults.AddRange(FaultsOfMembers(schema, value, at));
                break;
            case JsonValueKind.Array:
                if (schema.TryGetProperty("maxItems", out var most) && value.GetArrayLength() > most.GetInt32())
                    faults.Add($"{at} has too many items");
                if (schema.TryGetProperty("items", out var items))
                    faults.AddRange(value.EnumerateArray().SelectMany((item, n) => Faults(items, item, $"{at}[{n}]")));
                break;
            case JsonValueKind.String:
                var text = value.GetString()!;
                if (schema.TryGetProperty("pattern", out var pattern) && !Regex.IsMatch(text, pattern.GetString()!))
                    faults.Add($"{at} does not match {pattern}");
                if (schema.TryGetProperty("minLength", out var min) && text.Length < min.GetInt32()) faults.Add($"{at} is too short");
                if (schema.TryGetProperty("maxLength", out var max) && text.Length > max.GetInt32()) faults.Add($"{at} is too long");
                break;
            case JsonValueKind.Number:
                if (schema.TryGetProperty("minimum", out var least) && value.GetDouble() < least.GetDouble())
                    faults.Add($"{at} is below {least}");
                if (schema.TryGetProperty("maximum", out var top) && value.GetDouble() > top.GetDouble())
                    faults.Add($"{at} is above {top}");
                break;
        }
        return faults;
    }

    private IEnumerable<string> FaultsOfMembers(JsonElement schema, JsonElement value, string at)
    {
        if (schema.TryGetProperty("required", out var required))
        {
            foreach (var name in required.EnumerateArray().Select(name => name.GetString()!)
                .Where(name => !value.TryGetProperty(name, out _)))
                yield return $"{at} lacks {name}";
        }
        foreach (var member in value.EnumerateObject())
        {
            if (schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(member.Name, out var known))
            {
                foreach (var fault in Faults(known, member.Value, $"{at}.{member.Name}")) yield return fault;
            }
            else if (schema.TryGetProperty("additionalProperties", out var others))
            {
                if (others.ValueKind == JsonValueKind.False) yield return $"{at} must not have {member.Name}";
                if (others.ValueKind == JsonValueKind.Object)
                    foreach (var fault in Faults(others, member.Value, $"{at}.{member.Name}")) yield return fault;
            }
        }
    }

    private JsonElement Resolve(string reference) =>
        reference.TrimStart('#', '/').Split('/').Aggregate(document, (place, name) => place.GetProperty(name));

    private static IEnumerable<string?> TypesOf(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(one => one.GetString()) : [type.GetString()];

    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number => value.TryGetInt64(out _) ? "integer" : "number",
        _ => "null",
    };
}
