using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;

namespace Realtime.Server.Routing;

/// <summary>Which headers go from one hop to the next, and which belong to a single hop (RFC 9110, section 7.6.1).</summary>
internal static class HopHeaders
{
    private static readonly FrozenSet<string> OfOneHop = new[]
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // Answers go to the caller as they are, so the owner must not compress for this hop; Kestrel has already answered an Expect; the rest is said anew.
    private static readonly FrozenSet<string> NotForwarded = new[]
    {
        "Host", "Accept-Encoding", "Expect", ForwardMark.Header, ForwardMark.For, ForwardMark.Proto, "X-Forwarded-Host", "X-Forwarded-Prefix",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Copies a caller's headers onto the request to the owner, credentials and all.</summary>
    public static void Copy(IHeaderDictionary from, HttpRequestMessage to)
    {
        foreach (var (name, values) in from)
        {
            if (name.StartsWith(':') || OfOneHop.Contains(name) || NotForwarded.Contains(name) || IsListed(from.Connection, name)) continue;
            if (!to.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                to.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
    }

    /// <summary>Copies the owner's status and headers.</summary>
    public static void Copy(HttpResponseMessage from, HttpResponse to)
    {
        to.StatusCode = (int)from.StatusCode;
        foreach (var (name, values) in from.Headers.NonValidated.Concat(from.Content.Headers.NonValidated))
        {
            if (!OfOneHop.Contains(name) && !from.Headers.Connection.Contains(name, StringComparer.OrdinalIgnoreCase))
                to.Headers[name] = new StringValues([.. values]);
        }
    }

    private static bool IsListed(StringValues connection, string name) =>
        connection.Any(line => line!.Split(',', StringSplitOptions.TrimEntries).Contains(name, StringComparer.OrdinalIgnoreCase));
}
