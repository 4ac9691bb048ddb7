using System.Text.Json;
using System.Text.Unicode;
using Realtime.Server.Http;
using Realtime.Server.Notifications;
using Realtime.Server.Security.Claims;

namespace Realtime.Server.Security.Tokens;

/// <summary>
/// <c>{"user":"alice","groups":["west"],"roles":["publisher"],"expiresInSeconds":3600}</c>; all but <c>user</c> is optional.
/// </summary>
internal sealed class DevTokenRequest
{
    private const int MaxSeconds = 86_400;
    private const string NotAName = "1 to 128 code units without control characters.";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public string User { get; private set; } = "";

    public string[] Groups { get; private set; } = [];

    public string[] Roles { get; private set; } = [];

    public int ExpiresInSeconds { get; private set; } = 3_600;

    /// <summary>Null, and the error.</summary>
    public static DevTokenRequest? Parse(byte[] body, out FieldErrors errors)
    {
        errors = new();
        try
        {
            if (!Utf8.IsValid(body)) throw new JsonException();
            using var document = JsonDocument.Parse(body, Strict);
            var request = new DevTokenRequest();
            if (document.RootElement.ValueKind != JsonValueKind.Object) errors.Add(FieldErrors.Body, "Must be an object.");
            else request.Take(document.RootElement, errors);
            return errors.IsEmpty ? request : null;
        }
        // InvalidOperationException: a lone surrogate in a text.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            errors.Add(FieldErrors.Body, "This is not JSON: one object in UTF-8 without a byte-order mark, each member once.");
            return null;
        }
    }

    private void Take(JsonElement root, FieldErrors errors)
    {
        if (!root.TryGetProperty("user", out _)) errors.Add("user", "Required: " + NotAName);
        foreach (var member in root.EnumerateObject())
        {
            // Optional members may be null: serialisers write absent values that way.
            if (member is { Value.ValueKind: JsonValueKind.Null, Name: "groups" or "roles" or "expiresInSeconds" }) continue;
            var fault = member.Name switch
            {
                "user" => TakeUser(member.Value),
                "groups" => TakeGroups(member.Value),
                "roles" => TakeRoles(member.Value),
                "expiresInSeconds" => TakeLifetime(member.Value),
                _ => "Unknown member.",
            };
            if (fault is not null) errors.Add(member.Name, fault);
        }
    }

    private string? TakeUser(JsonElement value)
    {
        User = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        return NameRules.IsValid(User) ? null : NotAName;
    }

    private string? TakeGroups(JsonElement value)
    {
        if (Texts(value) is not { } groups || !Array.TrueForAll(groups, NameRules.IsValid)) return "A list of names, each " + NotAName;
        Groups = groups;
        return groups.Length <= CallerReader.MaxGroups ? null : $"At most {CallerReader.MaxGroups}.";
    }

    private string? TakeRoles(JsonElement value)
    {
        if (Texts(value) is not { } roles || !Array.TrueForAll(roles, role => role is Claims.Roles.Publisher or Claims.Roles.Admin))
            return "A list of: publisher, admin.";
        Roles = roles;
        return null;
    }

    private string? TakeLifetime(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var seconds) || seconds is < 1 or > MaxSeconds)
            return $"A whole number from 1 to {MaxSeconds}.";
        ExpiresInSeconds = seconds;
        return null;
    }

    private static string[]? Texts(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => item.GetString()!)]
            : null;
}
