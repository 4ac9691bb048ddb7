using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Realtime.Server.Log;
using Realtime.Server.Security;

namespace Realtime.Server.Operations;

/// <summary>Starting, stopping, settings, limits of the web server.</summary>
internal static class OperationsRegistration
{
    private const string DefaultAddress = "http://localhost:5080";

    // A token that names a hundred groups, or a cursor of as many topics, must fit where browsers put them: into the query.
    private const int MaxRequestLineBytes = 32 * 1024;
    private const int MaxHeaderBytes = 64 * 1024;

    /// <summary>How long requests in flight may take after the listener has closed.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(8);

    public static void UseHubDefaults(this WebApplicationBuilder builder)
    {
        // Only when nobody has said anything else: ASPNETCORE_URLS, --urls, HTTP_PORTS, Kestrel:Endpoints.
        string[] places = ["urls", "http_ports", "https_ports", "Kestrel:Endpoints"];
        if (!places.Any(place => builder.Configuration.GetSection(place).Exists())) builder.WebHost.UseUrls(DefaultAddress);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestLineSize = MaxRequestLineBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
        });
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton<HubCounters>();
    }

    public static IServiceCollection AddOperations(this IServiceCollection services)
    {
        services.AddSettings<DrainOptions>(DrainOptions.Section);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        services.AddSingleton<NodeState>().AddSingleton<StartUpReport>();
        return services.AddSingleton<IHostLifetime, DrainingLifetime>().AddOrigins();
    }

    /// <summary>Runs until the node is told to stop. A wrong setting is a message, not a stack trace.</summary>
    /// <returns>The exit code: 0, or 1 if it could not start.</returns>
    public static async Task<int> RunHubAsync(this WebApplication app)
    {
        try
        {
            await app.StartAsync();
            app.Services.GetRequiredService<NodeState>().Started();
            app.Services.GetRequiredService<StartUpReport>().Write(app.Urls);
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (Exception mendable) when (HowToMend(mendable) is { } sentences)
        {
            foreach (var sentence in sentences) await Console.Error.WriteLineAsync(sentence);
            return 1;
        }
        finally
        {
            await app.DisposeAsync();
        }
    }

    // What whoever starts the server can mend is said in sentences; everything else is a stack trace for us.
    private static IEnumerable<string>? HowToMend(Exception exception) => exception switch
    {
        OptionsValidationException wrong => wrong.Failures,
        StoreUnusableException store => [store.Message],
        // The configuration binder's own words name the key, the text and the type.
        InvalidOperationException { InnerException: FormatException or ArgumentException } unreadable => [unreadable.Message],
        IOException { InnerException: AddressInUseException } taken => [taken.Message + " Stop what listens there, or give --urls another address."],
        _ => null,
    };
}
