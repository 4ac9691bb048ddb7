namespace Realtime.Server.Dashboard;

/// <summary>The response headers of the page: above all, what the browser must never run.</summary>
internal static class PageHeaders
{
    /// <summary>
    /// Scripts, styles and data come from this server alone; nothing inline, no frames, no forms. Trusted types are required and there is
    /// no policy for them, so no text can become markup or script, whatever an order says.
    /// </summary>
    public const string App =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    public static void Write(HttpResponse response, string policy)
    {
        response.Headers.ContentSecurityPolicy = policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }
}
