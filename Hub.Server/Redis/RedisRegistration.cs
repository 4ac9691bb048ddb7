using Microsoft.Extensions.Options;

namespace Realtime.Server.Redis;

internal static class RedisRegistration
{
    /// <summary>The connection that all stages share.</summary>
    /// <param name="connectionString"><c>ConnectionStrings:Redis</c>; checked before the server starts.</param>
    public static IServiceCollection AddRedis(this IServiceCollection services, string connectionString)
    {
        services.AddSingleton<IValidateOptions<RedisOptions>, RedisOptionsValidator>();
        services.AddOptions<RedisOptions>().Configure(options => options.ConnectionString = connectionString).ValidateOnStart();
        // What takes it is made before the host starts, which is when it is checked: so not by way of the options, which would throw there.
        services.AddSingleton(new RedisOptions { ConnectionString = connectionString });
        return services.AddSingleton<RedisConnection>().AddHostedService(it => it.GetRequiredService<RedisConnection>());
    }
}
