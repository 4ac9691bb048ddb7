using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Realtime.Server.Connections;
using Realtime.Server.Routing.Refreshes;

namespace Realtime.Server.Routing;

/// <summary>The hub's path, on its endpoints. A connection belongs only to the hub that it was negotiated on.</summary>
internal sealed record RoutedHub(string Path);

internal static class RoutedHubRegistration
{
    /// <summary>What SignalR 11's clients add to a hub's path.</summary>
    private const string RefreshSuffix = "/refresh";

    /// <summary>Proxies close a silent connection after 60 s, and clients check after 45 s.</summary>
    public static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(25);

    /// <summary>Maps a hub over WebSockets, server-sent events and long polling. Any node may get any of its requests.</summary>
    /// <param name="policy">The policy that a caller must meet on every request.</param>
    /// <param name="connect">The connection pipeline, with the hub last.</param>
    public static IEndpointConventionBuilder MapRoutedHub<THub>(
        this WebApplication app, string path, string policy, Action<IConnectionBuilder> connect)
        where THub : Hub
    {
        var options = new HttpConnectionDispatcherOptions
        {
            // Every client since 3.1 asks for 1. Only then does a connection have a token that is not its id. Older clients get an error.
            MinimumProtocolVersion = 1,
            // The state of a stateful reconnect is in one node's memory, but any node may get any request.
            AllowStatefulReconnects = false,
            // HubConnections does it: SignalR would close a connection although its access was refreshed.
            CloseOnAuthenticationExpiration = false,
        };
        options.LongPolling.PollTimeout = LongestPoll;
        var silent = app.Services.GetRequiredService<SilentClients>();
        app.MapPost(path + RefreshSuffix, ActivatorUtilities.CreateInstance<RefreshEndpoint>(app.Services, path).HandleAsync)
            .RequireAuthorization(policy);
        return app.MapConnections(path, options, connection => connect(connection.Use(silent.Watch)))
            .RequireAuthorization(policy)
            .WithMetadata(new HubMetadata(typeof(THub)), new RoutedHub(path));
    }
}
