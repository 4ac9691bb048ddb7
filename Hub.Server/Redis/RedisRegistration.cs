using Microsoft.Extensions.Options;

namespace Realtime.Server.Redis;

internal static class RedisRegistration
{
    /// <summary>The connection that all stages share. May be called by each of them.</summary>
    /// <param name="connectionString"><c>ConnectionStrings:Redis</c>; checked before the server starts.</param>
    public static IServiceCollection AddRedis(this IServiceCollection services, string connectionString)
    {
        if (services.Any(service => service.ServiceType == typeof(RedisConnection))) return services;
        services.AddSingleton<IValidateOptions<RedisOptions>, RedisOptionsValidator>();
        services.AddOptions<RedisOptions>().Configure(options => options.ConnectionString = connectionString).ValidateOnStart();
        services.AddSingleton(it => it.GetRequiredService<IOptions<RedisOptions>>().Value);
        return services.AddSingleton<RedisConnection>().AddHostedService(it => it.GetRequiredService<RedisConnection>());
    }
}
