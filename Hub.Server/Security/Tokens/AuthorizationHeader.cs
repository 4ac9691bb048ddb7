using Microsoft.Extensions.Primitives;

namespace Realtime.Server.Security.Tokens;

/// <summary>Reads and writes <c>Authorization</c> headers. A login at a proxy (Basic, Digest, Negotiate) is no token.</summary>
internal static class AuthorizationHeader
{
    private const string Bearer = "Bearer";

    /// <summary>True if a token in the query or a cookie may be used: there is no header, or exactly one of another scheme.</summary>
    public static bool LeavesRoom(StringValues headers) => headers.Count == 0 || (headers.Count == 1 && !IsBearer(headers[0]));

    /// <summary>The text that the handler takes for the token: after <c>Bearer</c> in the only header. Null if there is none.</summary>
    public static string? TokenIn(StringValues headers) =>
        headers is [{ } only] && only.StartsWith(Bearer + ' ', StringComparison.OrdinalIgnoreCase)
        && only[(Bearer.Length + 1)..].Trim() is { Length: > 0 } token
            ? token
            : null;

    /// <summary>The header that a client sends with a token.</summary>
    public static string Of(string token) => $"{Bearer} {token}";

    private static bool IsBearer(ReadOnlySpan<char> header)
    {
        var text = header.TrimStart();
        var end = text.IndexOfAny(' ', '\t');
        return (end < 0 ? text : text[..end]).Equals(Bearer, StringComparison.OrdinalIgnoreCase);
    }
}
