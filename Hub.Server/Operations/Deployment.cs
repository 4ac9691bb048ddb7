using Realtime.Server.Backplane;
using Realtime.Server.Log;
using Realtime.Server.Node;
using Realtime.Server.Operations.Operators;
using Realtime.Server.Redis;
using Realtime.Server.Routing;
using Realtime.Server.Security;

namespace Realtime.Server.Operations;

/// <summary>One node or several: all that differs between them.</summary>
internal static class Deployment
{
    /// <summary>Several nodes share a Redis, if <c>ConnectionStrings:Redis</c> names one.</summary>
    public static void AddDeployment(this WebApplicationBuilder builder)
    {
        if (RedisOptions.Find(builder.Configuration) is { } redis) builder.Services.AddCluster(redis);
        else builder.Services.AddSingleNode();
    }

    private static void AddSingleNode(this IServiceCollection services) => services
        .AddSingleton(new OtherNodes(MayExist: false))
        .AddSqliteLog()
        .AddLocalBackplane()
        .AddKeysInFiles()
        .AddOwnConnections()
        .AddOwnOperators()
        .AddSingleton<IStoreReport, SqliteReport>();

    private static void AddCluster(this IServiceCollection services, RedisOptions redis) => services
        .AddSingleton(new OtherNodes(MayExist: true))
        .AddRedis(redis)
        .AddRedisLog()
        .AddRedisBackplane()
        .AddKeysInRedis()
        .AddSharedConnections()
        .AddSharedOperators()
        .AddSingleton<IStoreReport, RedisReport>();
}
