using Realtime.Server.Http;

namespace Realtime.Server.Security.Revocations;

/// <summary>How a caller is answered whose token an operator has revoked.</summary>
internal static class RevokedCaller
{
    private static readonly Problem Revoked = new(
        StatusCodes.Status401Unauthorized, "The user was disconnected by an operator: this token is no longer accepted.")
    {
        Type = "urn:realtime:problem/revoked",
    };

    /// <summary>
    /// Whether a request may be a poll of a connection that is open: it fetches the <c>closing</c>, and a second later the connection is
    /// gone.
    /// </summary>
    public static bool MayFetchClosing(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && Paths.Hubs.Any(hub => request.Path.Equals(hub, StringComparison.OrdinalIgnoreCase))
        && request.Query.ContainsKey("id") && request.Headers.Upgrade.Count == 0 && !request.WantsEventStream();

    /// <summary>
    /// 401 of a type of its own. An EventSource gets 200 and <c>closing</c>: a browser does not show a page any other status.
    /// </summary>
    public static Task AnswerAsync(HttpContext context)
    {
        if (StreamRefusals.Of(context) is { } stream) return stream.Revoked(context);
        context.Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\", error_description=\"The token was revoked\"";
        return Problems.WriteAsync(context, Revoked);
    }
}
