using System.Net.WebSockets;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Realtime.Client.Feed.Requests;
using Realtime.Client.Feed.Requests.Stack;

namespace Realtime.Client.Feed.Connections;

/// <summary>Creates hub connections for one transport each: <see cref="FeedLoop"/> decides which transport comes next.</summary>
internal static class HubConnections
{
    public static HubConnection Build(OrderFeedOptions options, Transport transport, FeedHttp http)
    {
        var builder = new HubConnectionBuilder();
        if (options.LoggerFactory is { } loggers) builder.Services.AddSingleton<ILoggerFactory>(new LoggersWithoutAddresses(loggers));
        builder.WithUrl(Endpoints.Hub(options.Server!), TypeOf(transport), connection =>
        {
            // The server accepts WebSockets without negotiation, which saves a round trip at each reconnect.
            connection.SkipNegotiation = transport == Transport.WebSockets;
            connection.CloseTimeout = FeedLimits.Farewell;
            connection.HttpMessageHandlerFactory = unused =>
            {
                unused.Dispose();
                return HttpStack.ForSignalR(http.Handler);
            };
            connection.WebSocketFactory = (context, cancel) => OpenAsync(context.Uri, http, cancel);
        });
        var hub = builder.Build();
        hub.ServerTimeout = FeedLimits.Silence;
        hub.HandshakeTimeout = options.ConnectTimeout;
        return hub;
    }

    /// <summary>Opens a WebSocket. SignalR's own way does not report the status with which the server refused.</summary>
    /// <exception cref="HttpRequestException">The server refused, with this status.</exception>
    private static async ValueTask<WebSocket> OpenAsync(Uri address, FeedHttp http, CancellationToken cancel)
    {
        var socket = new ClientWebSocket();
        try
        {
            if (await HttpStack.ConnectAsync(socket, address, http, cancel).ConfigureAwait(false) is not { } refusal) return socket;
            if (refusal.Failure.InnerException is TokenRevokedException revoked) throw revoked;
            if (refusal.Status is { } status) throw ProblemResponses.Refused(HttpMethod.Get, address, status, refusal.Failure);
            throw refusal.Failure;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static HttpTransportType TypeOf(Transport transport) => transport switch
    {
        Transport.WebSockets => HttpTransportType.WebSockets,
        Transport.ServerSentEvents => HttpTransportType.ServerSentEvents,
        Transport.LongPolling => HttpTransportType.LongPolling,
        _ => throw new ArgumentOutOfRangeException(nameof(transport), transport, "SignalR has no such transport."),
    };
}
