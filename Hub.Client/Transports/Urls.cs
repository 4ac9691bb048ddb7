namespace Realtime.Client.Transports;

/// <summary>Addresses made from the hub's own, whose query stays as it is.</summary>
internal static class Urls
{
    public static Uri Below(Uri url, string segment)
    {
        var builder = new UriBuilder(url) { Fragment = "" };
        builder.Path = builder.Path.EndsWith('/') ? builder.Path + segment : $"{builder.Path}/{segment}";
        return builder.Uri;
    }

    /// <param name="pair">name=value, added as it is: servers compare the token byte by byte.</param>
    public static Uri WithQuery(Uri url, string pair)
    {
        var builder = new UriBuilder(url) { Fragment = "" };
        builder.Query = builder.Query.Length > 1 ? $"{builder.Query}&{pair}" : pair;
        return builder.Uri;
    }

    /// <summary>Whether the query names this, in any case.</summary>
    public static bool Has(Uri url, string name) =>
        url.Query.TrimStart('?').Split('&').Any(pair => pair.Split('=')[0].Equals(name, StringComparison.OrdinalIgnoreCase));

    public static Uri WithoutQuery(Uri url) => new(url.GetLeftPart(UriPartial.Path));

    /// <summary>http becomes ws, https becomes wss.</summary>
    public static Uri ForWebSocket(Uri url)
    {
        var secure = url.Scheme == Uri.UriSchemeHttps;
        // Without a named port the scheme's own default has to follow the scheme.
        return new UriBuilder(url) { Scheme = secure ? Uri.UriSchemeWss : Uri.UriSchemeWs, Port = url.IsDefaultPort ? -1 : url.Port }.Uri;
    }
}
