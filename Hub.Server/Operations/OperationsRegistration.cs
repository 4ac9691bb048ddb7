using Realtime.Server.Connections;
using Realtime.Server.Http;
using Realtime.Server.Node;
using Realtime.Server.Operations.Answers;
using Realtime.Server.Routing.Questions;
using Realtime.Server.Security.Revocations;

namespace Realtime.Server.Operations;

/// <summary>Registers start, shutdown, settings and the limits of the web server.</summary>
internal static class OperationsRegistration
{
    private const string DefaultAddress = "http://localhost:5080";

    /// <summary>
    /// Connections that may wait to be accepted: as many as Linux allows by default (<c>net.core.somaxconn</c>). A node's readers
    /// reconnect all at once, and a client that finds the queue full retries only after a second.
    /// </summary>
    public const int AcceptQueue = 4096;

    /// <summary>How long requests in flight may take after the listener has closed.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(8);

    public static void UseHubDefaults(this WebApplicationBuilder builder)
    {
        // Use the default only if no address is configured: ASPNETCORE_URLS, --urls, HTTP_PORTS, Kestrel:Endpoints. A deployment file
        // passes an unset variable as an empty string.
        string[] places = ["urls", "http_ports", "https_ports"];
        var isSaid = places.Any(place => !string.IsNullOrWhiteSpace(builder.Configuration[place]))
            || builder.Configuration.GetSection("Kestrel:Endpoints").Exists();
        if (!isSaid) builder.WebHost.UseUrls(DefaultAddress);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            WebLimits.Apply(kestrel.Limits);
        });
        // Requests and sends run on the thread that received the socket's event. This saves two thread switches per notification. No code
        // here blocks for longer than a read of the store.
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.Backlog = AcceptQueue;
        });
        builder.UseConnectionLimits();
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton<HubCounters>().AddSingleton<ICollector, RuntimeCollector>();
    }

    public static IServiceCollection AddOperations(this IServiceCollection services)
    {
        services.AddSettings<DrainOptions>(DrainOptions.Section);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        services.AddSingleton<NodeState>().AddSingleton<NodeReport>().AddSingleton<StartUpReport>();
        services.AddSingleton<INodeAnswer, NodeStatsAnswer>().AddAnswers();
        services.AddHostedService<HeapTrim>();
        services.AddSingleton<UserRevocation>().AddHostedService<RevocationRefresh>();
        return services.AddSingleton<IHostLifetime, DrainingLifetime>();
    }
}
