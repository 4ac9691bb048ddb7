using System.Net;
using System.Text.Json;

namespace Realtime.Client.Feed.Requests;

/// <summary>Reads error responses of the API, including the server's explanation (RFC 9457).</summary>
internal static class ProblemResponses
{
    /// <summary>The size limit in bytes; more than the server's problem documents need.</summary>
    private const int MaxProblemBytes = 16 * 1024;

    /// <summary>The exception for an error response. Without the query, which may contain a connection's token.</summary>
    public static HttpRequestException Refused(HttpMethod method, Uri url, HttpStatusCode status, Exception? cause = null) =>
        new($"{method} {url.GetLeftPart(UriPartial.Path)} was answered with {(int)status} ({status}).", cause, status);

    /// <summary>The same with the server's explanation, if it gave one.</summary>
    public static async Task<HttpRequestException> RefusalAsync(
        HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancel)
    {
        var plain = Refused(request.Method, request.RequestUri!, response.StatusCode);
        var words = await WordsAsync(response, cancel).ConfigureAwait(false);
        return words is null ? plain : new HttpRequestException($"{plain.Message} {words}", null, response.StatusCode);
    }

    private static async Task<string?> WordsAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        if (response.Content.Headers is not { ContentType.MediaType: "application/problem+json", ContentLength: <= MaxProblemBytes })
            return null;
        try
        {
            var problem = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsByteArrayAsync(cancel)
                .ConfigureAwait(false));
            if (problem.TryGetProperty("errors", out var errors)) return errors.GetRawText();
            return problem.TryGetProperty("detail", out var detail) ? detail.GetString() : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or HttpRequestException or InvalidOperationException)
        {
            return null;
        }
    }
}
