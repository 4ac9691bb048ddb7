using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Realtime.Server.Http;
using Realtime.Server.Security.Claims;
using Realtime.Server.Security.Origins;
using Realtime.Server.Security.Revocations;
using Realtime.Server.Security.Sessions;
using Realtime.Server.Security.Tokens;

namespace Realtime.Server.Security;

internal static class SecurityRegistration
{
    // A bearer token or a session cookie.
    private const string CallerScheme = "Caller";

    /// <summary>Registers authentication, authorization and the checks of origins.</summary>
    public static IServiceCollection AddTokenAuth(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IPostConfigureOptions<LoggerFilterOptions>, SilentCategories>();
        services.AddSingleton<IValidateOptions<AuthOptions>, AuthOptionsValidator>();
        services.AddOptions<AuthOptions>().BindConfiguration(AuthOptions.Section).ValidateOnStart();
        services.AddSingleton<RevokedUsers>();
        services.AddSingleton<ClaimNames>().AddSingleton<UnknownGroups>().AddSingleton<CallerReader>();
        services.AddSingleton<TokenKey>().AddSingleton<TokenSigner>().AddSingleton<TokenCache>().AddSingleton<BearerEvents>()
            .AddSingleton<CallerCheck>().AddSingleton<TokenCheck>();
        services.AddSingleton<IDocumentRetriever, ProviderDocuments>().AddSingleton<ProviderKeys>().AddSingleton<TokenJudge>();
        services.AddAuthentication(CallerScheme).AddJwtBearer().AddJwtBearer(EndedToken.OrValid, _ => { /* BearerSetup */ })
            .AddPolicyScheme(CallerScheme, null, either => either.ForwardDefaultSelector = SessionAuthentication.Select)
            .AddScheme<AuthenticationSchemeOptions, SessionAuthentication>(
                SessionAuthentication.SchemeName, session => session.ForwardForbid = JwtBearerDefaults.AuthenticationScheme);
        // Data Protection comes with AddAuthentication. It makes keys in the user's home at every start, and nothing here uses them.
        foreach (var unused in services.Where(it => it.ImplementationType?.Name == "DataProtectionHostedService").ToList())
            services.Remove(unused);
        services.AddSingleton<SessionKeyRing>().AddSingleton<SessionCookie>();
        services.AddSingleton<RevokedSessions>().AddSingleton<SessionConnections>().AddSingleton<SessionRevocation>().AddOrigins();
        services.ConfigureOptions<BearerSetup>();
        // The framework looks for its own middlewares; CallerMiddleware does their work.
        services.Configure<RouteOptions>(routes => routes.SuppressCheckForUnhandledSecurityMetadata = true);
        return services;
    }

    /// <summary>One node: its keys are next to the data.</summary>
    public static IServiceCollection AddKeysInFiles(this IServiceCollection services) => services
        .AddSingleton<ISigningKeyStore, SigningKeyFile>().AddSingleton<ISessionKeyStore, SessionKeyFiles>();

    /// <summary>Several nodes: they share their keys and the revoked sessions in Redis.</summary>
    public static IServiceCollection AddKeysInRedis(this IServiceCollection services) => services
        .AddSingleton<ISigningKeyStore, SigningKeyInRedis>().AddSingleton<ISessionKeyStore, SessionKeysInRedis>()
        .AddSingleton<IRevocationStore, RevocationsInRedis>()
        .AddSingleton<ClusterRevocations>().AddSingleton<ISessionRevocations>(it => it.GetRequiredService<ClusterRevocations>())
        .AddHostedService(it => it.GetRequiredService<ClusterRevocations>());

    /// <summary>Put this before everything that may look at a query: logging, routing, forwarding, authentication.</summary>
    public static IApplicationBuilder UseAccessTokenInQuery(this IApplicationBuilder app) => app.UseMiddleware<AccessTokenInQuery>();

    /// <summary>Put this after routing and before everything that needs the caller.</summary>
    public static void UseCallers(this WebApplication app)
    {
        // A web application adds the framework's own middlewares unless they are marked as present.
        foreach (var name in (string[])["__AuthenticationMiddlewareSet", "__AuthorizationMiddlewareSet"])
            ((IApplicationBuilder)app).Properties[name] = true;
        app.UseMiddleware<CallerMiddleware>();
    }

    /// <summary>Issues tokens to any caller on a developer's own machine. Elsewhere the address does not exist.</summary>
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
