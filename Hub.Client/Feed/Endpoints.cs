using Realtime.Client.Transports;

namespace Realtime.Client.Feed;

/// <summary>Where a server's API is, and how its connections are made.</summary>
internal static class Endpoints
{
    public static Uri Hub(Uri server) => Urls.Below(Urls.Below(server, "hubs"), "orders");

    public static Uri Notifications(Uri server) => Urls.Below(Urls.Below(server, "api"), "notifications");

    public static Uri Acknowledged(Uri server) => Urls.Below(Notifications(server), "acknowledged");

    public static Uri Unread(Uri server) => Urls.Below(Notifications(server), "unread");

    public static TransportOptions TransportOptions(
        OrderFeedOptions options, Transport transport, Func<CancellationToken, ValueTask<string?>>? token) => new()
        {
            Transports = [transport],
            // The hub's server takes WebSockets as they come, which saves a round trip at each reconnect.
            SkipNegotiation = transport == Transport.WebSockets,
            AccessToken = token,
            Headers = options.Headers,
            ConfigureHandler = options.ConfigureHandler,
            ConnectTimeout = options.ConnectTimeout,
            RequestTimeout = FeedLimits.Silence,
            UnansweredPollEnds = true,
            FlushTimeout = FeedLimits.Farewell,
            CloseTimeout = FeedLimits.Farewell,
            TimeProvider = options.TimeProvider,
        };
}
