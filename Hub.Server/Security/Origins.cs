using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.HttpOverrides;
using Realtime.Server.Operations;

namespace Realtime.Server.Security;

/// <summary>Which other sites' pages may use the hub; section <c>Hub:Cors</c>.</summary>
internal sealed class CorsSettings
{
    public const string Section = "Hub:Cors";

    /// <summary>Origins such as <c>https://shop.example</c>: a list, or one text with <c>;</c> between them. Default: none.</summary>
    public static string[] Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section + ":Origins");
        var texts = section.Value is { } joined ? [joined] : section.GetChildren().Select(child => child.Value ?? "");
        return [.. texts.SelectMany(text => text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
    }
}

/// <summary>
/// CORS for requests; and, because browsers do not apply CORS to WebSockets, a check of their <c>Origin</c> (RFC 6455, section 10.2).
/// </summary>
internal static class Origins
{
    public static IServiceCollection AddOrigins(this IServiceCollection services)
    {
        services.AddCors();
        services.AddOptions<CorsOptions>().Configure<IConfiguration>((cors, configuration) => cors.AddDefaultPolicy(policy =>
            policy.WithOrigins(CorsSettings.Read(configuration)).AllowAnyHeader().AllowAnyMethod().AllowCredentials()));
        // Only from proxies on this machine, which is the framework's own default; others are configured with ForwardedHeadersOptions.
        return services.Configure<ForwardedHeadersOptions>(forwarded => forwarded.ForwardedHeaders = ForwardedHeaders.All);
    }

    public static void UseOrigins(this WebApplication app)
    {
        var allowed = CorsSettings.Read(app.Configuration).ToHashSet(StringComparer.OrdinalIgnoreCase);
        // Without other sites there is nothing to answer them, and every request is spared a scope of services.
        if (allowed.Count > 0) app.UseCors();
        app.Use((context, next) => IsUpgrade(context.Request) && !IsAllowed(context.Request, allowed)
            ? Problems.WriteAsync(context, new Problem(StatusCodes.Status403Forbidden, "This origin may not open WebSockets here; see Hub:Cors:Origins."))
            : next(context));
    }

    private static bool IsUpgrade(HttpRequest request) =>
        string.Equals(request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase) || HttpMethods.IsConnect(request.Method);

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
