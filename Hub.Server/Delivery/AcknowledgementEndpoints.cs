using System.Text.Json;
using Realtime.Server.Http;
using Realtime.Server.Security;

namespace Realtime.Server.Delivery;

/// <summary><c>PUT /api/notifications/acknowledged</c> and <c>GET /api/notifications/unread</c>.</summary>
internal sealed class AcknowledgementEndpoints(Acknowledgements acknowledgements)
{
    /// <summary>More than the longest cursor needs, in bytes.</summary>
    public const int MaxBodyBytes = 8 * 1024;

    private const string ExpectedBody = "Expected {\"cursor\":\"…\"} and nothing else.";
    private const string ExpectedCursor =
        "Expected a cursor of this user, as received with an item; this one is malformed, or names what the log does not have.";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    public async Task AcknowledgeAsync(HttpContext context)
    {
        if (await JsonBody.ReadOrRefuseAsync(context, MaxBodyBytes) is not { } body) return;
        var cursor = ReadCursor(body);
        var unread = cursor is null ? null : await acknowledgements.MoveAsync(Caller.Of(context.User), cursor, context.RequestAborted);
        if (unread is not null) await WriteUnreadAsync(context, unread.Value);
        else await Problems.WriteAsync(context, Problem.Invalid(FieldErrors.Of("cursor", cursor is null ? ExpectedBody : ExpectedCursor)));
    }

    public async Task CountUnreadAsync(HttpContext context) =>
        await WriteUnreadAsync(context, await acknowledgements.CountUnreadAsync(Caller.Of(context.User), context.RequestAborted));

    private static Task WriteUnreadAsync(HttpContext context, long unread)
    {
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(new UnreadCount(unread), context.RequestAborted);
    }

    private static string? ReadCursor(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.EnumerateObject().ToList() is [{ Name: "cursor", Value: { ValueKind: JsonValueKind.String } value }]
                ? value.GetString()
                : null;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text with a lone surrogate, or invalid UTF-8.
            return null;
        }
    }
}
