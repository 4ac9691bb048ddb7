using Microsoft.Extensions.Options;
using Realtime.Server.Node;

namespace Realtime.Server.Security.Origins;

/// <summary>
/// Which pages may use this server from a browser: its own, and those of the origins in <c>Hub:Cors:Origins</c>. The same rule applies to
/// CORS, WebSocket upgrades and sessions.
/// </summary>
/// <remarks>
/// On https and localhost, <c>Sec-Fetch-Site</c> says whether the page is from the server that it calls. No script can change that
/// header. Elsewhere <c>Origin</c> is compared with <c>Host</c>, which a proxy may have replaced by <c>X-Forwarded-Host</c>.
/// </remarks>
internal sealed partial class AllowedOrigins(IOptions<CorsSettings> settings, TimeProvider time, ILogger<AllowedOrigins> logger)
{
    private const string FetchSite = "Sec-Fetch-Site";

    // The text covers both causes: a proxy that changes Host, and a page that does come from elsewhere.
    private const string HostDiffers =
        "The page's origin is not this server's Host. Let the proxy pass on Host with its port, or X-Forwarded-Host if it is a known "
        + "proxy. For a page of another site, add its origin to Hub:Cors:Origins.";

    private const string OtherSite = "This origin is not in Hub:Cors:Origins, and the page is not one of this server's.";

    private readonly HashSet<string> _listed =
        settings.Value.Origins.Select(OriginText.Normalize).OfType<string>().ToHashSet(StringComparer.Ordinal);
    private readonly LogThrottle _logged = new(time);

    /// <summary>Whether any other site's pages are allowed.</summary>
    public bool AreListed => _listed.Count > 0;

    /// <summary>Whether <c>Hub:Cors:Origins</c> holds the origin, in any spelling.</summary>
    public bool Lists(string origin) => AreListed && OriginText.Normalize(origin) is { } normal && _listed.Contains(normal);

    /// <summary>Why the request's page may not open a WebSocket here, with any credentials; null if it may.</summary>
    public string? RefuseUpgrade(HttpRequest request) => IsOwn(request) || Lists(OriginOf(request)) ? null : Refuse(request);

    /// <summary>Why the request's page may not use the browser's session; null if it may. Pages with an opaque origin never may.
    /// </summary>
    public string? RefuseSession(HttpRequest request) =>
        IsOwn(request) || (!IsOpaque(OriginOf(request)) && Lists(OriginOf(request))) ? null : Refuse(request);

    private static bool IsOwn(HttpRequest request)
    {
        var origin = OriginOf(request);
        return !IsOpaque(origin) && SiteOf(request) switch
        {
            // No Origin either: the caller is no browser, or this is a GET of this server's own page.
            "" => origin.Length == 0 || OriginText.IsOf(origin, request.Host),
            "same-origin" or "none" => true,
            // Also same-site: another port or subdomain of this host is another origin.
            _ => false,
        };
    }

    private string Refuse(HttpRequest request)
    {
        if (IsOpaque(OriginOf(request)) || SiteOf(request).Length > 0) return OtherSite;
        if (_logged.MayLog("", SecurityEventIds.OriginIsNotHost))
            OriginIsNotHost(LogText.Of(OriginOf(request)), LogText.Of(request.Host.Value ?? ""));
        return HostDiffers;
    }

    private static string OriginOf(HttpRequest request) => request.Headers.Origin.ToString();

    private static string SiteOf(HttpRequest request) => request.Headers[FetchSite].ToString();

    private static bool IsOpaque(string origin) => origin.Equals(OriginText.Opaque, StringComparison.OrdinalIgnoreCase);

    [LoggerMessage(SecurityEventIds.OriginIsNotHost, LogLevel.Warning,
        "Refused a page of {Origin}: the request's Host is {Host}. If the page is this server's, let the proxy pass on Host with its port "
        + "(nginx: proxy_set_header Host $http_host). Otherwise add the origin to Hub:Cors:Origins. Logged once a minute.")]
    private partial void OriginIsNotHost(string origin, string? host);
}
