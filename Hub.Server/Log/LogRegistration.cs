using Microsoft.Extensions.Options;
using Realtime.Server.Backplane;

namespace Realtime.Server.Log;

internal static class LogRegistration
{
    /// <summary>The log, opened before the server listens. Needs <see cref="LogOptions"/>, a <see cref="TimeProvider"/> and the backplane.</summary>
    public static IServiceCollection AddNotificationLog(this IServiceCollection services) => services
        .AddSingleton<IValidateOptions<LogOptions>, LogOptionsValidator>()
        .AddSingleton(it => new SqliteLog(
            it.GetRequiredService<IOptions<LogOptions>>().Value, it.GetRequiredService<LocalBackplane>().Announce,
            it.GetRequiredService<TimeProvider>(), it.GetRequiredService<ILogger<SqliteLog>>()))
        .AddSingleton<INotificationLog>(it => it.GetRequiredService<SqliteLog>())
        .AddHostedService<LogOpener>();

    /// <summary>Hosted services start before the web server does. The container closes the log, after everything that uses it.</summary>
    private sealed class LogOpener(SqliteLog log) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => log.OpenAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
