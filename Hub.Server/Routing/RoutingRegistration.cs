using Realtime.Server.Operations;

namespace Realtime.Server.Routing;

/// <summary>Which request may use which connection.</summary>
internal static class RoutingRegistration
{
    public static IServiceCollection AddConnectionRouting(this IServiceCollection services)
    {
        services.AddSettings<RoutingOptions>("Hub:Limits");
        return services.AddSingleton<ConnectionOwners>().AddHostedService(provider => provider.GetRequiredService<ConnectionOwners>());
    }

    public static void UseConnectionGuard(this WebApplication app) => app.UseMiddleware<ConnectionGuard>();
}
