using Realtime.Server.Backplane;
using Realtime.Server.Operations;

namespace Realtime.Server.Log;

/// <summary>Stage 2: kept.</summary>
internal static class LogRegistration
{
    /// <summary>The log, opened before the server listens.</summary>
    public static IServiceCollection AddNotificationLog(this IServiceCollection services)
    {
        services.AddSettings<LogOptions>("Hub");
        // Wherever it is started from, a node finds its own data again.
        services.AddOptions<LogOptions>().PostConfigure<IHostEnvironment>((options, host) =>
            options.DataPath = Path.Combine(host.ContentRootPath, options.DataPath));
        services.AddSingleton(it => new SqliteLog(
            it.GetRequiredService<LogOptions>(), it.GetRequiredService<LocalBackplane>().Announce,
            it.GetRequiredService<TimeProvider>(), it.GetRequiredService<ILogger<SqliteLog>>()));
        services.AddSingleton<INotificationLog>(it => it.GetRequiredService<SqliteLog>());
        return services.AddHostedService<LogOpener>();
    }

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
