using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Realtime.Server.Http;

/// <summary>Makes every refusal <c>application/problem+json</c>, whatever the request's <c>Accept</c> says.</summary>
internal static class Problems
{
    public const string ContentType = "application/problem+json";

    /// <summary>Answers a request with a problem. Headers that are set already (<c>WWW-Authenticate</c>) stay.</summary>
    public static Task WriteAsync(HttpContext context, Problem problem)
    {
        var response = context.Response;
        response.StatusCode = problem.Status;
        response.ContentType = ContentType;
        if (problem.RetryAfterSeconds is { } seconds) response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body)) problem.WriteTo(json);
        response.ContentLength = body.WrittenCount;
        // Not the request's token: the write itself finds out whether the client is still connected.
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : PacedWrites.SendAsync(context, body.WrittenMemory, CancellationToken.None);
    }

    /// <summary>A sentence for a status that the framework chose.</summary>
    public static Problem ForStatus(int status) => new(status, status switch
    {
        StatusCodes.Status404NotFound => "There is nothing at this address.",
        StatusCodes.Status405MethodNotAllowed => "This address does not support the method; Allow lists those that it does.",
        StatusCodes.Status408RequestTimeout => "The request came too slowly.",
        StatusCodes.Status413PayloadTooLarge => "The request is too large.",
        StatusCodes.Status500InternalServerError => "The server failed; its log has the details.",
        _ => ReasonPhrases.GetReasonPhrase(status),
    });
}
