using System.Text.Json;
using Realtime.Server.Http;
using Realtime.Server.Notifications;

namespace Realtime.Server.Operations.Answers;

/// <summary><c>{"user":"…","confirm":"…the same…"}</c>: twice, because nothing brings back what was erased.</summary>
internal static class EraseRequest
{
    private const string User = "user", Confirm = "confirm";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    /// <returns>The user, or what is wrong.</returns>
    public static (string? User, FieldErrors Errors) Read(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Read(document.RootElement)
                : (null, FieldErrors.Of(FieldErrors.Body, "Expected one object."));
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text with a lone surrogate, or invalid UTF-8.
            return (null, FieldErrors.Of(
                FieldErrors.Body, "This is not JSON: one object in UTF-8 without a byte-order mark, each member once."));
        }
    }

    private static (string? User, FieldErrors Errors) Read(JsonElement root)
    {
        var errors = new FieldErrors();
        foreach (var member in root.EnumerateObject().Where(member => member.Name is not (User or Confirm)))
            errors.Add(member.Name, "Unknown member.");
        var (user, confirmed) = (TextOf(root, User), TextOf(root, Confirm));
        if (user is null || !NameRules.IsValid(user))
            errors.Add(User, $"Required: a user id of 1 to {NameRules.MaxLength} UTF-16 code units.");
        else if (confirmed != user) errors.Add(Confirm, $"Must be the same as {User}.");
        return (user, errors);
    }

    private static string? TextOf(JsonElement root, string member) =>
        root.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
