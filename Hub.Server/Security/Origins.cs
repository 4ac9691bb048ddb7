using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Realtime.Server.Operations;

namespace Realtime.Server.Security;

/// <summary>
/// CORS for requests; and, because browsers do not apply CORS to WebSockets, a check of their <c>Origin</c> (RFC 6455, section 10.2).
/// </summary>
internal static class Origins
{
    public static IServiceCollection AddOrigins(this IServiceCollection services)
    {
        services.AddCors();
        services.AddSingleton<AllowedOrigins>();
        services.AddSingleton<IValidateOptions<CorsSettings>, CorsSettingsValidator>();
        services.AddOptions<CorsSettings>().Configure<IConfiguration>((settings, configuration) => settings.Read(configuration)).ValidateOnStart();
        services.AddOptions<CorsOptions>().Configure<IOptions<CorsSettings>>((cors, settings) => cors.AddDefaultPolicy(policy => policy
            .WithOrigins(settings.Value.Origins).AllowAnyHeader().AllowAnyMethod().AllowCredentials().WithExposedHeaders(HeaderNames.RetryAfter)));
        // Only from proxies on this machine, which is the framework's own default; others are configured with ForwardedHeadersOptions.
        return services.Configure<ForwardedHeadersOptions>(forwarded => forwarded.ForwardedHeaders = ForwardedHeaders.All);
    }

    public static void UseOrigins(this WebApplication app)
    {
        var origins = app.Services.GetRequiredService<AllowedOrigins>();
        // Without other sites there is nothing to answer them, and every request is spared a scope of services.
        if (origins.AreListed) app.UseCors();
        app.Use((context, next) => IsUpgrade(context.Request) && !origins.Allow(context.Request)
            ? Problems.WriteAsync(context, new Problem(StatusCodes.Status403Forbidden, "This origin may not open WebSockets here; see Hub:Cors:Origins."))
            : next(context));
    }

    private static bool IsUpgrade(HttpRequest request) =>
        request.Headers.Upgrade.ToString().Contains("websocket", StringComparison.OrdinalIgnoreCase) || HttpMethods.IsConnect(request.Method);
}

/// <summary>Where a browser's request may come from: this server's own pages, and the sites in <c>Hub:Cors:Origins</c>.</summary>
internal sealed class AllowedOrigins(IOptions<CorsSettings> settings)
{
    private readonly HashSet<string> _allowed = settings.Value.Origins.ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether there are other sites that may come.</summary>
    public bool AreListed => _allowed.Count > 0;

    // No Origin: not a browser. Same origin: the page came from here; the scheme is the proxy's business.
    public bool Allow(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        if (origin.Length == 0 || _allowed.Contains(origin)) return true;
        return Uri.TryCreate(origin, UriKind.Absolute, out var uri) && SameAuthority(uri, request.Host);
    }

    /// <summary>Whether another site's page has sent it: browsers say so in <c>Sec-Fetch-Site</c>, older ones in <c>Origin</c> where they send it.</summary>
    public bool IsCrossSite(HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() switch
    {
        "" or "same-origin" or "none" => !Allow(request),
        // Another port of this host is the same site to a browser, but not the same origin.
        _ => !_allowed.Contains(request.Headers.Origin.ToString()),
    };

    private static bool SameAuthority(Uri origin, HostString host) =>
        string.Equals(origin.Authority, host.Value, StringComparison.OrdinalIgnoreCase)
        || (origin.IsDefaultPort && string.Equals($"{origin.Host}:{origin.Port}", host.Value, StringComparison.OrdinalIgnoreCase));
}
