using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;

namespace Realtime.Server.Security;

/// <summary>The keys that session cookies are made with live beside the data, so that sessions outlive a restart.</summary>
internal static class SessionKeys
{
    private const string Folder = "session-keys";

    public static IServiceCollection AddSessionKeys(this IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName("realtime-hub");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider => new ConfigureOptions<KeyManagementOptions>(keys =>
        {
            var configuration = provider.GetRequiredService<IConfiguration>();
            var environment = provider.GetRequiredService<IHostEnvironment>();
            var folder = Path.Combine(environment.ContentRootPath, configuration["Hub:DataPath"] ?? "data", Folder);
            keys.XmlRepository = new Microsoft.AspNetCore.DataProtection.Repositories.FileSystemXmlRepository(
                Directory.CreateDirectory(folder), provider.GetRequiredService<ILoggerFactory>());
        }));
        // "No XML encryptor configured": the folder is as private as the signing key that lies beside it, and no other place would be more so.
        return services.Configure<LoggerFilterOptions>(filter =>
            filter.AddFilter("Microsoft.AspNetCore.DataProtection.KeyManagement.XmlKeyManager", LogLevel.Error));
    }
}
