using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Realtime.Client.Transports;

namespace Realtime.Client.Feed;

/// <summary>Connects by itself, over the transports of this library.</summary>
internal sealed class OwnConnector(OrderFeedOptions options, FeedTokens tokens) : IConnector
{
    private readonly TransportChoice _choice = new(options.Transports, options.TimeProvider);

    public IReadOnlyList<Transport?> Order() => [.. _choice.Order().Select(t => (Transport?)t)];

    public void Carries(Transport? transport, IReadOnlyList<Transport?> failedBefore) =>
        _choice.Carries(transport!.Value, failedBefore.Select(t => t!.Value));

    public void Ended(Transport? transport, bool fellSilent) => _choice.Ended(transport!.Value, fellSilent);

    public IFeedConnection Create(Transport? transport, string? token)
    {
        var how = Endpoints.TransportOptions(options, transport!.Value, tokens.StartingWith(token!));
        if (transport == Transport.EventSource)
            return new EventStreamConnection(new Wire(how), Endpoints.Notifications(options.Server!), options.TimeProvider);

        var builder = new HubConnectionBuilder();
        if (options.LoggerFactory is { } loggers) builder.Services.AddSingleton(loggers);
        var hub = builder.WithTransports(Endpoints.Hub(options.Server!), how).Build();
        hub.ServerTimeout = FeedLimits.Silence;
        hub.HandshakeTimeout = options.ConnectTimeout;
        return new HubFeedConnection(hub);
    }
}
