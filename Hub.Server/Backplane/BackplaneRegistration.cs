using Realtime.Server.Backplane.Redis;
using Realtime.Server.Redis;

namespace Realtime.Server.Backplane;

/// <summary>Stage 3: announced to the other nodes.</summary>
internal static class BackplaneRegistration
{
    /// <summary>Announces what was stored: through Redis to all nodes, or within this node.</summary>
    /// <param name="redis"><c>ConnectionStrings:Redis</c>, or null.</param>
    public static IServiceCollection AddBackplane(this IServiceCollection services, string? redis) => redis switch
    {
        null => services.AddSingleton<LocalBackplane>().AddSingleton<IBackplane>(it => it.GetRequiredService<LocalBackplane>()),
        _ => services.AddRedis(redis).AddSingleton(new BackplaneLimits()).AddSingleton<RedisBackplane>()
            .AddSingleton<IBackplane>(it => it.GetRequiredService<RedisBackplane>())
            .AddHostedService(it => it.GetRequiredService<RedisBackplane>()),
    };
}
