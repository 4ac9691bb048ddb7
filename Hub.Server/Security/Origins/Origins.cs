using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Realtime.Server.Http;

namespace Realtime.Server.Security.Origins;

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
        services.AddOptions<CorsSettings>().Configure<IConfiguration>((settings, configuration) => settings.Read(configuration))
            .ValidateOnStart();
        services.AddOptions<CorsOptions>().Configure<AllowedOrigins>((cors, origins) => cors.AddDefaultPolicy(policy => policy
            .SetIsOriginAllowed(origins.Lists).AllowAnyHeader().AllowAnyMethod().AllowCredentials()
            .WithExposedHeaders(HeaderNames.RetryAfter)));
        // Forwarded headers count only from proxies on this machine, the framework's default. ForwardedHeadersOptions configures others.
        return services.Configure<ForwardedHeadersOptions>(forwarded => forwarded.ForwardedHeaders = ForwardedHeaders.All);
    }

    public static void UseOrigins(this WebApplication app)
    {
        var origins = app.Services.GetRequiredService<AllowedOrigins>();
        // Without other sites there is no CORS request to answer, and each request is spared a scope of services.
        if (origins.AreListed) app.UseCors();
        app.Use((context, next) => IsUpgrade(context.Request) && origins.RefuseUpgrade(context.Request) is { } reason
            ? Problems.WriteAsync(context, new Problem(StatusCodes.Status403Forbidden, reason))
            : next(context));
    }

    private static bool IsUpgrade(HttpRequest request) =>
        request.Headers.Upgrade.ToString().Contains("websocket", StringComparison.OrdinalIgnoreCase)
        || HttpMethods.IsConnect(request.Method);
}
