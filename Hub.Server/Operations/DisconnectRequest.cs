using System.Globalization;
using System.Text;
using System.Text.Json;
using Realtime.Server.Http;
using Realtime.Server.Publishing.Body;
using Realtime.Server.Security.Revocations;

namespace Realtime.Server.Operations;

/// <summary><c>{"reason":"left the company","blockedUntil":"2026-12-24T18:00:00Z"}</c>; both are optional.</summary>
internal sealed class DisconnectRequest
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    public string? Reason { get; private set; }

    public DateTimeOffset? BlockedUntil { get; private set; }

    public FieldErrors Read(byte[] body, DateTimeOffset now)
    {
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return FieldErrors.Of(FieldErrors.Body, "Expected one object, or no body.");
            var errors = new FieldErrors();
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (Take(member, now) is { } fault) errors.Add(member.Name, fault);
            }
            return errors;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text with a lone surrogate, or invalid UTF-8.
            return FieldErrors.Of(FieldErrors.Body, "This is not JSON: one object in UTF-8 without a byte-order mark, each member once.");
        }
    }

    private string? Take(JsonProperty member, DateTimeOffset now) => member switch
    {
        { Value.ValueKind: JsonValueKind.Null, Name: "reason" or "blockedUntil" } => null,
        { Name: "reason" } => TakeReason(member.Value),
        { Name: "blockedUntil" } => TakeBlockedUntil(member.Value, now),
        _ => "Unknown member.",
    };

    private string? TakeReason(JsonElement value)
    {
        Reason = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        // It goes to the log, where a line end would look like another entry.
        return Reason is { Length: <= Revocation.MaxReason } && !Reason.Any(char.IsControl)
            ? null
            : $"A text of at most {Revocation.MaxReason} UTF-16 code units without control characters.";
    }

    private string? TakeBlockedUntil(JsonElement value, DateTimeOffset now)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        if (!Rfc3339.IsMoment(Encoding.UTF8.GetBytes(text))
            || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var until) || until <= now)
            return "A moment in the future with an offset, as RFC 3339 writes it: 2026-12-24T18:00:00Z.";
        BlockedUntil = until;
        return null;
    }
}
