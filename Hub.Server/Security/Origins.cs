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
        services.AddSingleton<IValidateOptions<CorsSettings>, CorsSettingsValidator>();
        services.AddOptions<CorsSettings>().Configure<IConfiguration>((settings, configuration) => settings.Read(configuration)).ValidateOnStart();
        services.AddOptions<CorsOptions>().Configure<IOptions<CorsSettings>>((cors, settings) => cors.AddDefaultPolicy(policy => policy
            .WithOrigins(settings.Value.Origins).AllowAnyHeader().AllowAnyMethod().AllowCredentials().WithExposedHeaders(HeaderNames.RetryAfter)));
        // Only from proxies on this machine, which is the framework's own default; others are configured with ForwardedHeadersOptions.
        return services.Configure<ForwardedHeadersOptions>(forwarded => forwarded.ForwardedHeaders = ForwardedHeaders.All);
    }

    public static void UseOrigins(this WebApplication app)
    {
        var allowed = app.Services.GetRequiredService<IOptions<CorsSettings>>().Value.Origins.ToHashSet(StringComparer.OrdinalIgnoreCase);
        // Without other sites there is nothing to answer them, and every request is spared a scope of services.
        if (allowed.Count > 0) app.UseCors();
        app.Use((context, next) => IsUpgrade(context.Request) && !IsAllowed(context.Request, allowed)
            ? Problems.WriteAsync(context, new Problem(StatusCodes.Status403Forbidden, "This origin may not open WebSockets here; see Hub:Cors:Origins."))
            : next(context));
    }

    private static bool IsUpgrade(HttpRequest request) =>
        request.Headers.Upgrade.ToString().Contains("websocket", StringComparison.OrdinalIgnoreCase) || HttpMethods.IsConnect(request.Method);

    // No Origin: not a browser. Same origin: the page came from here; the scheme is the proxy's business.
    private static bool IsAllowed(HttpRequest request, HashSet<string> allowed)
    {
        var origin = request.Headers.Origin.ToString();
        if (origin.Length == 0 || allowed.Contains(origin)) return true;
        return Uri.TryCreate(origin, UriKind.Absolute, out var uri) && SameAuthority(uri, request.Host);
    }

    private static bool SameAuthority(Uri origin, HostString host) =>
        string.Equals(origin.Authority, host.Value, StringComparison.OrdinalIgnoreCase)
        || (origin.IsDefaultPort && string.Equals($"{origin.Host}:{origin.Port}", host.Value, StringComparison.OrdinalIgnoreCase));
}
