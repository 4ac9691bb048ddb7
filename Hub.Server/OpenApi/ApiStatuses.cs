namespace Realtime.Server.OpenApi;

/// <summary>What the API's refusals mean. All are problems (RFC 9457) whose type is <c>about:blank</c>: the status says it all.</summary>
internal static class ApiStatuses
{
    public static IReadOnlyDictionary<int, string> Meanings { get; } = new SortedDictionary<int, string>
    {
        [400] = "The request is invalid; `errors` says which member, and what is allowed.",
        [401] = "No valid token; `WWW-Authenticate` says why.",
        [403] = "The token or the page's origin does not allow this.",
        [404] = "Nothing at this address, or not this caller's connection.",
        [405] = "The address does not support the method; `Allow` lists those that it does.",
        [408] = "The body came too slowly.",
        [413] = "The body is too large.",
        [415] = "Unsupported `Content-Type`, charset or `Content-Encoding`.",
        [422] = "The idempotency key was used within 24 hours with another body.",
        [429] = "Over a limit of the caller; `Retry-After` says when to try again.",
        [500] = "A fault in the server; its log has the details.",
        [503] = "Not now; for a publish: not confirmed. `Retry-After` says when to try again.",
    };

    /// <summary>Statuses that any request may get, and that no operation lists.</summary>
    public static IReadOnlyList<int> Everywhere { get; } = [404, 405];

    /// <summary>Statuses that carry <c>Retry-After</c>.</summary>
    public static IReadOnlyList<int> WithRetryAfter { get; } = [429, 503];
}
