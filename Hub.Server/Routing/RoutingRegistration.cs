using Microsoft.Extensions.Options;
using Realtime.Server.Node;
using Realtime.Server.Redis;
using Realtime.Server.Routing.Forwarding;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Routing.Polls;

namespace Realtime.Server.Routing;

/// <summary>Which request may use which connection, and which node it belongs to.</summary>
internal static class RoutingRegistration
{
    /// <summary>With Redis there are other nodes; without, nothing of them is even made.</summary>
    /// <param name="redis"><c>ConnectionStrings:Redis</c>, or null.</param>
    public static IServiceCollection AddConnectionRouting(this IServiceCollection services, string? redis)
    {
        services.AddSettings<RoutingOptions>("Hub:Limits");
        services.AddSettings<NodeOptions>(NodeOptions.Section);
        services.AddSingleton<IValidateOptions<NodeOptions>, NodeOptionsValidator>();
        services.AddSingleton<ThisNode>().AddSingleton<ForwardedStreams>().AddSingleton<ConnectionOwners>();
        services.AddSingleton<PollAnswers>().AddSingleton<LongPolls>();
        services.AddHostedService(provider => provider.GetRequiredService<ConnectionOwners>());
        if (redis is null) return services;

        services.AddRedis(redis);
        services.AddSingleton<NodeDirectory>().AddSingleton<ConnectionTokens>();
        services.AddHttpForwarder().AddSingleton<OwnerClient>().AddSingleton<ForwardTransformer>().AddSingleton<Forwarder>();
        services.AddSingleton<PollConfirmations>().AddSingleton<ReceivedConfirmations>().AddSingleton<ProofEndpoint>();
        // They stop in reverse: what is still to be confirmed is sent before this node leaves the list.
        services.AddHostedService<NodeRegistrar>();
        return services.AddHostedService(provider => provider.GetRequiredService<PollConfirmations>());
    }

    /// <summary>Put it behind the choice of an endpoint, and before anything that refuses a caller or adds headers: of several nodes one does.</summary>
    public static void UseConnectionRouter(this WebApplication app)
    {
        if (app.Services.GetService<NodeDirectory>() is not null) app.UseMiddleware<ConnectionRouter>();
    }

    public static void UseConnectionGuard(this WebApplication app) => app.UseMiddleware<ConnectionGuard>();
}
