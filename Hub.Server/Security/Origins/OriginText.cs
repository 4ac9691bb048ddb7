using System.Globalization;
using System.Text;

namespace Realtime.Server.Security.Origins;

/// <summary>The form in which configured and received origins are compared: that of browsers (WHATWG HTML, 7.1.1).</summary>
internal static class OriginText
{
    /// <summary>The opaque origin, which files, sandboxed frames and some apps have.</summary>
    public const string Opaque = "null";

    private const string Separator = "://";
    private const string File = "file";

    // No browser sends these as the scheme of an origin: such a setting holds the address of a WebSocket.
    private static readonly string[] NeverSent = ["ws", "wss"];
    private static readonly IdnMapping Idn = new();

    /// <summary>Scheme, host and port; the host in lower-case ASCII, the port absent if it is the scheme's own.</summary>
    /// <returns>Null if the text is not an origin.</returns>
    public static string? Normalize(string text)
    {
        if (text.Equals(Opaque, StringComparison.OrdinalIgnoreCase)) return Opaque;
        var at = text.IndexOf(Separator, StringComparison.Ordinal);
        if (at < 0) return null;
        var scheme = text[..at].ToLowerInvariant();
        var authority = text[(at + Separator.Length)..];
        if (!Uri.CheckSchemeName(scheme) || NeverSent.Contains(scheme) || !IsAuthority(authority)) return null;
        if (IsWeb(scheme)) return NormalizeWeb(text);
        // Browsers compare hosts of other schemes unchanged, and would encode letters outside ASCII differently.
        return Ascii.IsValid(authority) && (authority.Length > 0 || scheme == File)
            ? scheme + Separator + authority.ToLowerInvariant()
            : null;
    }

    /// <summary>True if a page of this server could have the origin. Origins of other schemes never match, whatever their host.</summary>
    public static bool IsOf(string origin, HostString host) =>
        Normalize(origin) is { } own && own.IndexOf(Separator, StringComparison.Ordinal) is var at and > 0
        && IsWeb(own[..at]) && host.Value is { } called
        // The scheme is not compared, because TLS may end at the proxy.
        && own == Normalize(own[..(at + Separator.Length)] + called);

    private static bool IsWeb(string scheme) => scheme == Uri.UriSchemeHttp || scheme == Uri.UriSchemeHttps;

    private static bool IsAuthority(string text)
    {
        foreach (var letter in text)
            if (letter <= ' ' || "/\\?#@*,;\"<>^`{|}%\u007f".Contains(letter, StringComparison.Ordinal)) return false;
        return true;
    }

    private static string? NormalizeWeb(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0) return null;
        var host = uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : ToAscii(uri.Host);
        if (host is null) return null;
        var origin = $"{uri.Scheme}{Separator}{host}";
        return uri.IsDefaultPort ? origin : string.Create(CultureInfo.InvariantCulture, $"{origin}:{uri.Port}");
    }

    private static string? ToAscii(string host)
    {
        if (Ascii.IsValid(host)) return host.ToLowerInvariant();
        try
        {
            return Idn.GetAscii(host.Normalize(NormalizationForm.FormKC).ToLowerInvariant()).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
