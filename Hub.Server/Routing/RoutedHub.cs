using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Realtime.Server.Connections;

namespace Realtime.Server.Routing;

/// <summary>On the endpoints of a hub: its path. A connection belongs to the hub that it was negotiated on, and to no other.</summary>
internal sealed record RoutedHub(string Path);

internal static class RoutedHubRegistration
{
    /// <summary>Proxies cut silence at 60 s, and clients look after 45.</summary>
    public static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(25);

    /// <summary>A hub over WebSockets, server-sent events and long polling, whose requests any node may get.</summary>
    /// <param name="policy">What a caller needs, on every request.</param>
    /// <param name="connect">What a connection runs through, the hub last.</param>
    public static IEndpointConventionBuilder MapRoutedHub<THub>(
        this WebApplication app, string path, string policy, Action<IConnectionBuilder> connect)
        where THub : Hub
    {
        var options = new HttpConnectionDispatcherOptions
        {
            // Every client since 3.1 asks for 1, and only then a connection has a token that is not its id. Older ones are told so.
            MinimumProtocolVersion = 1,
            // The state of a stateful reconnect lives in one node's memory; here any node may get any request.
            AllowStatefulReconnects = false,
            CloseOnAuthenticationExpiration = true,
        };
        options.LongPolling.PollTimeout = LongestPoll;
        var silent = app.Services.GetRequiredService<SilentClients>();
        return app.MapConnections(path, options, connection => connect(connection.Use(silent.Watch)))
            .RequireAuthorization(policy)
            .WithMetadata(new HubMetadata(typeof(THub)), new RoutedHub(path));
    }
}
