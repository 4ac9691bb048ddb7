using Realtime.Server.Backplane;
using Realtime.Server.Log.Redis;
using Realtime.Server.Log.Sqlite;
using Realtime.Server.Node;
using Realtime.Server.Redis;
using Realtime.Server.Security.Revocations;
using Realtime.Server.Security.Sessions;

namespace Realtime.Server.Log;

/// <summary>Stage 2: the log.</summary>
internal static class LogRegistration
{
    public static IServiceCollection AddNotificationLog(this IServiceCollection services) => services.AddSettings<LogOptions>("Hub");

    /// <summary>Redis Streams, which all nodes read and write.</summary>
    public static IServiceCollection AddRedisLog(this IServiceCollection services) =>
        services.AddSingleton(it => new RedisLog(
            it.GetRequiredService<RedisConnection>(), it.GetRequiredService<LogOptions>().Retention,
            it.GetRequiredService<HubCounters>(), it.GetRequiredService<TimeProvider>(), it.GetRequiredService<ILogger<RedisLog>>()))
        .AddSingleton<IMeasuredStore>(it => it.GetRequiredService<RedisLog>())
        .AddSingleton<IErasure>(it => it.GetRequiredService<RedisLog>())
        .AddSingleton<INotificationLog>(it => Measured(it, it.GetRequiredService<RedisLog>()));

    /// <summary>The embedded store, opened before the server listens.</summary>
    public static IServiceCollection AddSqliteLog(this IServiceCollection services)
    {
        // Relative to the content root, so that a node finds its own data again.
        services.AddOptions<LogOptions>().PostConfigure<IHostEnvironment>((options, host) =>
            options.DataPath = Path.Combine(host.ContentRootPath, options.DataPath));
        services.AddSingleton(it => new SqliteLog(
            it.GetRequiredService<LogOptions>(), it.GetRequiredService<LocalBackplane>().Announce,
            it.GetRequiredService<HubCounters>(), it.GetRequiredService<TimeProvider>(), it.GetRequiredService<ILogger<SqliteLog>>()));
        services.AddSingleton<INotificationLog>(it => Measured(it, it.GetRequiredService<SqliteLog>()));
        services.AddSingleton<IMeasuredStore>(it => it.GetRequiredService<SqliteLog>());
        services.AddSingleton<IErasure>(it => it.GetRequiredService<SqliteLog>());
        services.AddSingleton<IRevocationStore, RevocationsInSqlite>();
        services.AddHostedService<LogOpener>();
        services.AddSingleton<EndedSessionsInSqlite>()
            .AddSingleton<ISessionRevocations>(it => it.GetRequiredService<EndedSessionsInSqlite>());
        return services.AddHostedService(it => it.GetRequiredService<EndedSessionsInSqlite>());
    }

    private static MeasuredLog Measured(IServiceProvider services, INotificationLog log) =>
        new(log, services.GetRequiredService<HubCounters>().Histograms);

    /// <summary>Hosted services start before the web server does. The container closes the log, after everything that uses it.</summary>
    private sealed class LogOpener(SqliteLog log, NodeState node) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            await log.OpenAsync(cancellationToken);
            node.StoreWasReached();
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
