using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Realtime.Server.Http;
using Realtime.Server.Security.Origins;
using Realtime.Server.Security.Sessions;
using Realtime.Server.Security.Tokens;

namespace Realtime.Server.Security;

internal static class SecurityRegistration
{
    // A bearer token or a session cookie.
    private const string CallerScheme = "Caller";

    /// <summary>Who is calling, from where, and what that allows.</summary>
    public static IServiceCollection AddTokenAuth(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IPostConfigureOptions<LoggerFilterOptions>, SilentCategories>();
        services.AddSingleton<IValidateOptions<AuthOptions>, AuthOptionsValidator>();
        services.AddOptions<AuthOptions>().BindConfiguration(AuthOptions.Section).ValidateOnStart();
        services.AddSingleton<TokenKey>().AddSingleton<TokenSigner>().AddSingleton<TokenCache>().AddSingleton<BearerEvents>()
            .AddSingleton<CallerCheck>();
        services.AddSingleton<IDocumentRetriever, ProviderDocuments>().AddSingleton<ProviderKeys>().AddSingleton<TokenJudge>();
        services.AddAuthentication(CallerScheme).AddJwtBearer()
            .AddPolicyScheme(CallerScheme, null, either => either.ForwardDefaultSelector = SessionAuthentication.Select)
            .AddScheme<AuthenticationSchemeOptions, SessionAuthentication>(
                SessionAuthentication.SchemeName, session => session.ForwardForbid = JwtBearerDefaults.AuthenticationScheme);
        // It comes with AddAuthentication, makes keys in the user's home at every start, and nothing here uses them.
        foreach (var unused in services.Where(it => it.ImplementationType?.Name == "DataProtectionHostedService").ToList())
            services.Remove(unused);
        services.AddSingleton<SessionKeyRing>().AddSingleton<SessionCookie>();
        services.AddSingleton<RevokedSessions>().AddSingleton<SessionConnections>().AddSingleton<SessionRevocation>().AddOrigins();
        services.ConfigureOptions<BearerSetup>();
        // CallerMiddleware does what the framework misses when it looks for its own.
        services.Configure<RouteOptions>(routes => routes.SuppressCheckForUnhandledSecurityMetadata = true);
        return services;
    }

    /// <summary>One node: its keys lie beside the data, and it alone ends sessions.</summary>
    public static IServiceCollection AddKeysInFiles(this IServiceCollection services) => services
        .AddSingleton<ISigningKeyStore, SigningKeyFile>().AddSingleton<ISessionKeyStore, SessionKeyFiles>()
        .AddSingleton<ISessionRevocations, NoRevocations>();

    /// <summary>Several nodes: they share their keys, and what they know of ended sessions, in Redis.</summary>
    public static IServiceCollection AddKeysInRedis(this IServiceCollection services) => services
        .AddSingleton<ISigningKeyStore, SigningKeyInRedis>().AddSingleton<ISessionKeyStore, SessionKeysInRedis>()
        .AddSingleton<ClusterRevocations>().AddSingleton<ISessionRevocations>(it => it.GetRequiredService<ClusterRevocations>())
        .AddHostedService(it => it.GetRequiredService<ClusterRevocations>());

    /// <summary>Put it before everything that may look at a query: logging, routing, forwarding, authentication.</summary>
    public static IApplicationBuilder UseAccessTokenInQuery(this IApplicationBuilder app) => app.UseMiddleware<AccessTokenInQuery>();

    /// <summary>Put it behind routing and in front of everything that asks who is calling.</summary>
    public static void UseCallers(this WebApplication app)
    {
        // A web application adds the framework's own middlewares unless it is told that they are there.
        foreach (var name in (string[])["__AuthenticationMiddlewareSet", "__AuthorizationMiddlewareSet"])
            ((IApplicationBuilder)app).Properties[name] = true;
        app.UseMiddleware<CallerMiddleware>();
    }

    /// <summary>A token for whoever asks, on a developer's own machine. Anywhere else the address does not exist.</summary>
    public static IEndpointRouteBuilder MapDevToken(this IEndpointRouteBuilder app)
    {
        var services = app.ServiceProvider;
        if (services.GetRequiredService<IHostEnvironment>().IsDevelopment() && services.GetRequiredService<TokenSigner>().CanSign)
            app.MapPost(Paths.DevToken,
                ActivatorUtilities.CreateInstance<DevTokenEndpoint>(
                    services, new DevHosts(services.GetRequiredService<IConfiguration>())).HandleAsync);
        return app;
    }
}
