using Realtime.Server.Backplane.Redis;
using Realtime.Server.Node;

namespace Realtime.Server.Backplane;

/// <summary>Stage 3: announcements.</summary>
internal static class BackplaneRegistration
{
    /// <summary>Within this node.</summary>
    public static IServiceCollection AddLocalBackplane(this IServiceCollection services) =>
        services.AddSingleton<LocalBackplane>().AddSingleton<IBackplane>(it => it.GetRequiredService<LocalBackplane>())
        .AddSingleton<IMeasuredBackplane>(it => it.GetRequiredService<LocalBackplane>());

    /// <summary>Through Redis, to all nodes.</summary>
    public static IServiceCollection AddRedisBackplane(this IServiceCollection services) => services
        .AddSingleton(new BackplaneLimits()).AddSingleton<RedisBackplane>()
        .AddSingleton<IBackplane>(it => it.GetRequiredService<RedisBackplane>())
        .AddSingleton<IMeasuredBackplane>(it => it.GetRequiredService<RedisBackplane>())
        .AddHostedService(it => it.GetRequiredService<RedisBackplane>());
}
