using Microsoft.Extensions.Logging;
using Realtime.Client.Feed.Refreshes;
using Realtime.Client.Feed.Requests;

namespace Realtime.Client.Feed.Connections;

/// <summary>Creates the feed's own connections: SignalR over one of its transports, or the plain event stream.</summary>
internal sealed class OwnConnector(OrderFeedOptions options, FeedTokens tokens, ILogger log) : IConnector
{
    private readonly TransportChoice _choice = new(options.Transports, options.TimeProvider);

    public IReadOnlyList<Transport?> Order() => [.. _choice.Order().Select(t => (Transport?)t)];

    public void Carries(Transport? transport, IReadOnlyList<Transport?> failedBefore) =>
        _choice.Carries(transport!.Value, failedBefore.Select(t => t!.Value));

    public void Ended(Transport? transport, bool fellSilent) => _choice.Ended(transport!.Value, fellSilent);

    public IFeedConnection Create(Transport? transport, string? token)
    {
        var http = new FeedHttp(options, tokens.StartingWith(token!));
        if (transport == Transport.EventSource)
            return new EventStreamConnection(http, Endpoints.Notifications(options.Server!), options.TimeProvider);
        var hub = HubConnections.Build(options, transport!.Value, http);
        return new HubFeedConnection(hub, http, new TokenRefresh(hub, http, tokens, options.TimeProvider, log), options.TimeProvider);
    }
}
