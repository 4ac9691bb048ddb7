using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Realtime.Server.Http;

/// <summary>Why a request was refused (RFC 9457): the same in a response and in a line of a batch's answer.</summary>
/// <param name="Detail">A sentence for the caller. Never a token, a path of this machine or an exception's text.</param>
/// <param name="RetryAfterSeconds">When a retry makes sense; sent as <c>Retry-After</c>.</param>
internal sealed record Problem(int Status, string Detail, FieldErrors? Errors = null, int? RetryAfterSeconds = null)
{
    /// <summary>Tells it from other problems with the same status; an address that need not exist. Null: the status says all.</summary>
    public string? Type { get; init; }

    /// <summary>A word that a foreign protocol has for it; sent as <c>error</c>.</summary>
    public string? Code { get; init; }

    /// <summary>400 with the errors, field by field.</summary>
    public static Problem Invalid(FieldErrors errors) =>
        new(StatusCodes.Status400BadRequest, "Validation failed; see errors.", errors);

    /// <summary><c>{"title":"Bad Request","status":400,"detail":"…","errors":{…}}</c></summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        if (Type is not null) json.WriteString("type", Type);
        if (Code is not null) json.WriteString("error", Code);
        json.WriteString("title", ReasonPhrases.GetReasonPhrase(Status));
        json.WriteNumber("status", Status);
        json.WriteString("detail", Detail);
        if (Errors is not null)
        {
            json.WritePropertyName("errors");
            Errors.WriteTo(json);
        }
        json.WriteEndObject();
    }
}
