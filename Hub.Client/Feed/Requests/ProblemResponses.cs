using System.Net;
using System.Text.Json;
using Realtime.Client.Feed.Requests.Stack;

namespace Realtime.Client.Feed.Requests;

/// <summary>Reads error responses of the API, including the server's explanation (RFC 9457).</summary>
internal static class ProblemResponses
{
    /// <summary>The size limit in bytes; more than the server's problem documents need.</summary>
    private const int MaxProblemBytes = 16 * 1024;

    /// <summary>The exception for an error response. Without the query, which may contain a connection's token.</summary>
    public static StatusException Refused(HttpMethod method, Uri url, HttpStatusCode status, Exception? cause = null) =>
        new($"{method} {url.GetLeftPart(UriPartial.Path)} was answered with {(int)status} ({status}).", status, cause);

    /// <summary>The same with the server's explanation, if it gave one.</summary>
    public static async Task<StatusException> RefusalAsync(
        HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancel)
    {
        var plain = Refused(request.Method, request.RequestUri!, response.StatusCode);
        var words = await WordsAsync(response, cancel).ConfigureAwait(false);
        return words is null ? plain : new StatusException($"{plain.Message} {words}", response.StatusCode, null);
    }

    /// <summary>What to tell users if the response says that an operator has disconnected the user; null if it does not.</summary>
    public static async Task<string?> RevocationAsync(
        HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancel)
    {
        if (response.StatusCode != HttpStatusCode.Unauthorized) return null;
        var problem = await ProblemAsync(response, cancel).ConfigureAwait(false);
        if (TextOf(problem, "type")?.EndsWith("/revoked", StringComparison.Ordinal) != true) return null;
        var plain = Refused(request.Method, request.RequestUri!, response.StatusCode);
        return $"{plain.Message} {TextOf(problem, "detail")}".TrimEnd();
    }

    private static async Task<string?> WordsAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var problem = await ProblemAsync(response, cancel).ConfigureAwait(false);
        return problem is { } value && value.TryGetProperty("errors", out var errors) ? errors.GetRawText() : TextOf(problem, "detail");
    }

    private static string? TextOf(JsonElement? problem, string member) =>
        problem is { } value && value.TryGetProperty(member, out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : null;

    /// <summary>The problem document, an object; null if there is none. The response can be read again afterwards.</summary>
    private static async Task<JsonElement?> ProblemAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var headers = response.Content.Headers;
        if (headers is not { ContentType.MediaType: "application/problem+json", ContentLength: null or <= MaxProblemBytes }) return null;
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxProblemBytes, cancel).ConfigureAwait(false);
            var bytes = await response.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false);
            var problem = JsonSerializer.Deserialize<JsonElement>(bytes);
            return problem.ValueKind == JsonValueKind.Object ? problem : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or HttpRequestException or InvalidOperationException)
        {
            return null;
        }
    }
}
