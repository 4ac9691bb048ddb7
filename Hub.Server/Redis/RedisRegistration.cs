using Microsoft.Extensions.Options;

namespace Realtime.Server.Redis;

internal static class RedisRegistration
{
    /// <summary>The connection that all stages share.</summary>
    /// <param name="redis">Checked before the server starts.</param>
    public static IServiceCollection AddRedis(this IServiceCollection services, RedisOptions redis)
    {
        services.AddSingleton<IValidateOptions<RedisOptions>, RedisOptionsValidator>();
        services.AddOptions<RedisOptions>()
            .Configure(options => (options.ConnectionString, options.Prefix) = (redis.ConnectionString, redis.Prefix))
            .ValidateOnStart();
        // Register the value itself. Its users are created before the host starts, and the options are validated only at the start: an
        // invalid IOptions value would throw in the users' constructors.
        services.AddSingleton(redis);
        return services.AddSingleton<RedisConnection>().AddHostedService(it => it.GetRequiredService<RedisConnection>());
    }
}
