using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Realtime.Server.Routing;

/// <summary>Changes the <c>id</c> in a hub request's query; the rest stays the same, byte for byte.</summary>
internal static class IdInQuery
{
    public const string Name = "id";

    /// <param name="id">The id for SignalR; null removes it.</param>
    public static void Replace(HttpRequest request, string? id)
    {
        var query = (request.QueryString.Value ?? "").AsSpan();
        if (query.Length < 2) return;
        var kept = new StringBuilder(query.Length);
        foreach (var part in query[1..].Split('&'))
        {
            var text = query[1..][part];
            var isId = IsId(text);
            if (isId && id is null) continue;
            kept.Append(kept.Length == 0 ? '?' : '&');
            if (isId) kept.Append(Name).Append('=').Append(id);
            else kept.Append(text);
        }
        request.QueryString = new QueryString(kept.ToString());
    }

    private static bool IsId(ReadOnlySpan<char> part)
    {
        var pair = new QueryStringEnumerable(part.ToString()).GetEnumerator();
        return pair.MoveNext() && pair.Current.DecodeName().Span.Equals(Name, StringComparison.OrdinalIgnoreCase);
    }
}
