using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Realtime.Server.Security;

internal static class SecurityRegistration
{
    /// <summary>Who is calling, and what that allows.</summary>
    public static IServiceCollection AddTokenAuth(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IPostConfigureOptions<LoggerFilterOptions>, SilentCategories>();
        services.AddSingleton<IValidateOptions<AuthOptions>, AuthOptionsValidator>();
        services.AddOptions<AuthOptions>().BindConfiguration(AuthOptions.Section).ValidateOnStart();
        services.AddSingleton<TokenKey>().AddSingleton<TokenCache>().AddSingleton<BearerEvents>();
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        services.ConfigureOptions<BearerSetup>();
        services.AddAuthorization(Policies.AddTo);
        return services;
    }

    /// <summary>Put it before everything that may look at a query: logging, routing, forwarding, authentication.</summary>
    public static IApplicationBuilder UseAccessTokenInQuery(this IApplicationBuilder app) => app.UseMiddleware<AccessTokenInQuery>();

    /// <summary>A token for whoever asks, on a developer's own machine. Anywhere else the address does not exist.</summary>
    public static IEndpointRouteBuilder MapDevToken(this IEndpointRouteBuilder app)
    {
        var services = app.ServiceProvider;
        if (services.GetRequiredService<IHostEnvironment>().IsDevelopment() && services.GetRequiredService<TokenKey>().IsShared)
            app.MapPost("/dev/token", ActivatorUtilities.CreateInstance<DevTokenEndpoint>(services).HandleAsync);
        return app;
    }
}
