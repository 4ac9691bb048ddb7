using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Realtime.Client.Feed.Requests;

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
                return http.Handler;
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
            socket.Options.CollectHttpResponseDetails = true;
            await socket.ConnectAsync(address, http.Invoker, cancel).ConfigureAwait(false);
            return socket;
        }
        catch (Exception failure)
        {
            var status = socket.HttpStatusCode;
            socket.Dispose();
            if (failure.InnerException is TokenRevokedException revoked) throw revoked;
            if (failure is not WebSocketException || status is 0 or HttpStatusCode.SwitchingProtocols) throw;
            throw ProblemResponses.Refused(HttpMethod.Get, address, status, failure);
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
