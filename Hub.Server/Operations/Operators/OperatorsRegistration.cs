using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Realtime.Server.Http;
using Realtime.Server.Routing;
using Realtime.Server.Security;
using BackplaneOptions = Microsoft.AspNetCore.SignalR.StackExchangeRedis.RedisOptions;

namespace Realtime.Server.Operations.Operators;

/// <summary>
/// The operators' hub: statistics of all nodes, and announcements. With several nodes it uses SignalR's own Redis backplane.
/// </summary>
internal static class OperatorsRegistration
{
    /// <summary>
    /// Switched off, because it logs every failed connection attempt. <see cref="StatisticsSender"/> logs an outage once.
    /// </summary>
    private const string BackplaneCategory = "Microsoft.AspNetCore.SignalR.StackExchangeRedis";

    public static IServiceCollection AddOperatorsHub(this IServiceCollection services) => services
        .AddSingleton<OperatorConnections>().AddSingleton<OperatorsGate>()
        .AddSingleton<StatisticsSender>().AddHostedService(it => it.GetRequiredService<StatisticsSender>());

    /// <summary>For one node: all operators are connected to it.</summary>
    public static IServiceCollection AddOwnOperators(this IServiceCollection services) =>
        services.AddSingleton<IOperatorsLink, NoOperatorsLink>();

    /// <summary>For several nodes: SignalR's own Redis backplane reaches the operators on all of them.</summary>
    public static IServiceCollection AddSharedOperators(this IServiceCollection services)
    {
        services.AddSingleton<OperatorsLink>().AddSingleton<IOperatorsLink>(it => it.GetRequiredService<OperatorsLink>());
        services.AddLogging(logging => logging.AddFilter(BackplaneCategory, LogLevel.None));
        services.AddSignalR().AddStackExchangeRedis();
        services.AddOptions<BackplaneOptions>()
            .Configure<OperatorsLink>((options, link) => options.ConnectionFactory = _ => link.OpenAsync());
        return services;
    }

    public static void MapOperatorsHub(this WebApplication app)
    {
        var (owners, gate) = (app.Services.GetRequiredService<ConnectionOwners>(), app.Services.GetRequiredService<OperatorsGate>());
        // Create the hub with the first connection, because this creates its backplane. The gate refuses connections until Redis was
        // reached.
        var hub = new Lazy<ConnectionDelegate>(() => new ConnectionBuilder(app.Services).UseHub<OperatorsHub>().Build());
        app.MapRoutedHub<OperatorsHub>(Paths.Operators, Policies.Administration, connection =>
                connection.Use(next => owners.Track(next, Paths.Operators, counts: false)).Run(it => hub.Value(it)))
            .Add(endpoint => endpoint.RequestDelegate = gate.Guard(endpoint.RequestDelegate!));
    }
}
