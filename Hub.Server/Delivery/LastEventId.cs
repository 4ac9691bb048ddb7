using Microsoft.AspNetCore.WebUtilities;

namespace Realtime.Server.Delivery;

/// <summary>
/// The position that an event stream's reader reached: the header, or else the query parameter of a client that cannot set headers.
/// </summary>
internal static class LastEventId
{
    private const string Header = "Last-Event-ID";

    // Polyfills send lastEventId, Last-Event-ID, last_event_id or evs_last_event_id. One comparison covers all spellings.
    private static readonly string[] Parameters = ["lasteventid", "evslasteventid"];

    /// <summary>Null if the reader sent none. An empty value counts as absent.</summary>
    public static string? Of(HttpRequest request)
    {
        var header = request.Headers[Header].ToString();
        return header.Length > 0 ? header : InQuery(request.QueryString.Value);
    }

    /// <summary>The last value wins: some polyfills append the current position to an address that already holds the first one.</summary>
    private static string? InQuery(string? query)
    {
        string? last = null;
        foreach (var pair in new QueryStringEnumerable(query))
        {
            if (!pair.EncodedValue.IsEmpty && IsParameter(pair.DecodeName().Span)) last = pair.DecodeValue().ToString();
        }
        return last;
    }

    private static bool IsParameter(ReadOnlySpan<char> name)
    {
        // Longer names cannot match, so the letters fit on the stack.
        Span<char> letters = stackalloc char[32];
        if (name.Length > letters.Length) return false;
        var count = 0;
        foreach (var letter in name)
            if (letter is not ('-' or '_')) letters[count++] = char.ToLowerInvariant(letter);
        return Parameters.AsSpan().Contains(letters[..count].ToString());
    }
}
