using Microsoft.Extensions.Options;
using Realtime.Server.Node;
using Realtime.Server.Routing.Forwarding;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Routing.Polls;
using Realtime.Server.Routing.Questions;
using Realtime.Server.Routing.Refreshes;
using Realtime.Server.Routing.Tickets;
using Realtime.Server.Security;

namespace Realtime.Server.Routing;

/// <summary>Registers which request may use which connection, and which node it belongs to.</summary>
internal static class RoutingRegistration
{
    public static IServiceCollection AddConnectionRouting(this IServiceCollection services)
    {
        services.AddSettings<RoutingOptions>("Hub:Limits");
        services.AddSettings<NodeOptions>(NodeOptions.Section);
        services.AddSingleton<IValidateOptions<NodeOptions>, NodeOptionsValidator>();
        services.AddSingleton<ThisNode>().AddSingleton<ForwardedStreams>().AddSingleton<ConnectionOwners>()
            .AddSingleton<IRefreshedConnections>(it => it.GetRequiredService<ConnectionOwners>());
        services.AddSingleton<PollAnswers>().AddSingleton<LongPolls>();
        services.AddSingleton<HubConnections>().AddHostedService(it => it.GetRequiredService<HubConnections>());
        services.AddSingleton<LocalRefresh>().AddSingleton<ConnectionRefresh>();
        return services.AddHostedService(it => it.GetRequiredService<ConnectionOwners>());
    }

    /// <summary>One node, which owns every connection.</summary>
    public static IServiceCollection AddOwnConnections(this IServiceCollection services) => services
        .AddSingleton<NoOtherNodes>()
        .AddSingleton<IConnectionTokens>(it => it.GetRequiredService<NoOtherNodes>())
        .AddSingleton<IRemoteRefresh>(it => it.GetRequiredService<NoOtherNodes>())
        .AddSingleton<INodeQuestions>(it => it.GetRequiredService<NoOtherNodes>())
        .AddSingleton<IOpenedConnections>(it => it.GetRequiredService<NoOtherNodes>());

    /// <summary>Several nodes: any of them may get any request of a connection.</summary>
    public static IServiceCollection AddSharedConnections(this IServiceCollection services)
    {
        services.AddSingleton<NodeDirectory>().AddSingleton<IConnectionTokens, ConnectionTokens>();
        services.AddHttpForwarder().AddSingleton<OwnerClient>().AddSingleton<ForwardTransformer>().AddSingleton<Forwarder>();
        services.AddSingleton<PollConfirmations>().AddSingleton<IOpenedConnections>(it => it.GetRequiredService<PollConfirmations>());
        services.AddSingleton<ReceivedConfirmations>().AddSingleton<ProofEndpoint>();
        services.AddSingleton<INodeQuestions>(it => ActivatorUtilities.CreateInstance<QuestionsToNodes>(
            it, it.GetRequiredService<OwnerClient>())).AddSingleton<QuestionEndpoint>();
        services.AddSingleton<RefreshThroughRedis>().AddSingleton<IRemoteRefresh>(it => it.GetRequiredService<RefreshThroughRedis>())
            .AddHostedService(it => it.GetRequiredService<RefreshThroughRedis>());
        // Services stop in reverse order: pending confirmations are sent before this node leaves the list.
        services.AddHostedService<NodeRegistrar>();
        return services.AddHostedService(it => it.GetRequiredService<PollConfirmations>());
    }

    /// <summary>
    /// Put this after the choice of an endpoint, and before anything that refuses a caller or adds headers: only one node may do that.
    /// </summary>
    public static void UseConnectionRouter(this WebApplication app)
    {
        if (app.Services.GetRequiredService<OtherNodes>().MayExist) app.UseMiddleware<ConnectionRouter>();
    }

    public static void UseConnectionGuard(this WebApplication app) => app.UseMiddleware<ConnectionGuard>();
}
