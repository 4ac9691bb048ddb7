using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Realtime.Server.Http;

namespace Realtime.Server.Security.Tokens;

/// <summary>
/// Takes <c>access_token</c> out of the query before any later step can log it. Where docs/PROTOCOL.md allows it, the token moves to the
/// <c>Authorization</c> header: browsers cannot set headers on event streams and WebSockets.
/// </summary>
internal sealed class AccessTokenInQuery(RequestDelegate next)
{
    public const string Parameter = "access_token";

    public Task InvokeAsync(HttpContext context)
    {
        // An escaped name could hide the token; no other parameter of ours needs "%" before "=".
        if (context.Request.QueryString is { HasValue: true, Value: var query }
            && (query.Contains("_token", StringComparison.OrdinalIgnoreCase) || query.Contains('%', StringComparison.Ordinal)))
            Move(context, query);
        return next(context);
    }

    private static void Move(HttpContext context, string query)
    {
        var (kept, tokens) = Split(query);
        if (tokens.Count == 0) return;
        var request = context.Request;
        request.QueryString = new QueryString(kept);
        // Forwarders and diagnostics read the request line, not the parsed query.
        if (context.Features.Get<IHttpRequestFeature>() is { } line
            && line.RawTarget.IndexOf('?', StringComparison.Ordinal) is >= 0 and var start)
            line.RawTarget = line.RawTarget[..start] + kept;
        // Two tokens become two headers, which are refused like two headers. A token replaces a proxy's own login.
        if (IsAllowedOn(request) && AuthorizationHeader.LeavesRoom(request.Headers.Authorization))
            request.Headers.Authorization = tokens.ConvertAll(token => "Bearer " + token).ToArray();
    }

    /// <summary>Returns the query without the parameter, otherwise the same byte for byte, and the parameter's values.</summary>
    private static (string Kept, List<string> Tokens) Split(string query)
    {
        var kept = new StringBuilder(query.Length);
        var tokens = new List<string>();
        foreach (var part in query.AsSpan(1).Split('&'))
        {
            var text = query.AsSpan(1)[part];
            var pair = new QueryStringEnumerable(text.ToString()).GetEnumerator();
            if (pair.MoveNext() && pair.Current.DecodeName().Span.Equals(Parameter, StringComparison.OrdinalIgnoreCase))
                tokens.Add(pair.Current.DecodeValue().ToString());
            else
                kept.Append(kept.Length == 0 ? '?' : '&').Append(text);
        }
        return (kept.ToString(), tokens);
    }

    private static bool IsHub(ReadOnlySpan<char> path)
    {
        foreach (var hub in Paths.Hubs)
        {
            if (!path.StartsWith(hub, StringComparison.OrdinalIgnoreCase)) continue;
            var rest = path[hub.Length..];
            if (rest.IsEmpty || rest.Equals("/negotiate", StringComparison.OrdinalIgnoreCase)) return true;
        }
        return false;
    }

    private static bool IsAllowedOn(HttpRequest request)
    {
        // Routing ignores case and one slash at the end.
        var path = request.Path.Value.AsSpan();
        if (path.Length > 1 && path[^1] == '/') path = path[..^1];
        return IsHub(path)
            || (path.Equals(Paths.Notifications, StringComparison.OrdinalIgnoreCase) && HttpMethods.IsGet(request.Method));
    }
}
