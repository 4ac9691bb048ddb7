using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Options;

namespace Realtime.Server.Security;

/// <summary>The keys that session cookies are made with live beside the data, so that sessions outlive a restart.</summary>
internal static class SessionKeys
{
    public static IServiceCollection AddSessionKeys(this IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName("realtime-hub");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider => new ConfigureOptions<KeyManagementOptions>(keys =>
            keys.XmlRepository = ActivatorUtilities.CreateInstance<SessionKeyFolder>(provider)));
        // "No XML encryptor configured": the folder is as private as the signing key that lies beside it, and no other place would be more so.
        return services.Configure<LoggerFilterOptions>(filter =>
            filter.AddFilter("Microsoft.AspNetCore.DataProtection.KeyManagement.XmlKeyManager", LogLevel.Error));
    }
}

/// <summary>Made when the first key is needed, which is after the log has said what is wrong with its folder.</summary>
internal sealed class SessionKeyFolder(IConfiguration configuration, IHostEnvironment environment, ILoggerFactory loggers) : IXmlRepository
{
    private const string Name = "session-keys";

    private readonly Lazy<FileSystemXmlRepository> _folder = new(() => new(
        Directory.CreateDirectory(Path.Combine(environment.ContentRootPath, configuration["Hub:DataPath"] ?? "data", Name)), loggers));

    public IReadOnlyCollection<XElement> GetAllElements() => _folder.Value.GetAllElements();

    public void StoreElement(XElement element, string friendlyName) => _folder.Value.StoreElement(element, friendlyName);
}
