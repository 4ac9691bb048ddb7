#if !NETSTANDARD
using System.Net;
using System.Net.WebSockets;

namespace Realtime.Client.Feed.Requests.Stack;

/// <summary>What differs between the HTTP of .NET and that of .NET Framework: this is .NET's.</summary>
internal static class HttpStack
{
    /// <exception cref="ArgumentException">Both handlers are to be changed.</exception>
    public static void Validate(OrderFeedOptions options)
    {
        if (options is { ConfigureHandler: not null, ConfigureClientHandler: not null })
            throw new ArgumentException(
                $"{nameof(options.ConfigureHandler)} and {nameof(options.ConfigureClientHandler)} exclude each other: "
                + "a connection has one handler.");
    }

    /// <summary>The handler at the bottom, and the one that the user's code made of it.</summary>
    public static (HttpMessageHandler Own, HttpMessageHandler Outer) HandlerOf(OrderFeedOptions options) =>
        options.ConfigureClientHandler is { } configure
            ? UserHandler.Of(new HttpClientHandler(), configure, nameof(options.ConfigureClientHandler))
            : UserHandler.Of(OwnHandler(options), options.ConfigureHandler, nameof(options.ConfigureHandler));

    /// <summary>HTTP/2 if TLS negotiates it: polls, sends and streams then share one connection.</summary>
    public static void PreferHttp2(HttpRequestMessage request) =>
        (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionOrLower);

    /// <summary>SocketsHttpHandler never repeats a request with content, even empty content.</summary>
    public static void ForbidRepeat(HttpRequestMessage request) => request.Content ??= new ByteArrayContent([]);

    public static bool IsUpgrade(HttpRequestMessage request) =>
        request.Headers.Upgrade.Count > 0 || request.Method == HttpMethod.Connect;

    /// <summary>The status of an answer that an exception tells; null if there was no answer.</summary>
    public static HttpStatusCode? StatusOf(HttpRequestException failure) => failure.StatusCode;

    /// <summary>Whether there is no server at this address, or none that is trusted.</summary>
    public static bool IsUnreachable(Exception failure) => failure is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
    };

    /// <summary>The handler for SignalR, whose exceptions tell the status of a refusal here.</summary>
    public static HttpMessageHandler ForSignalR(HttpMessageHandler handler) => handler;

    /// <summary>Opens a WebSocket through the handler, with its token and headers.</summary>
    /// <returns>The status of a refusal; null if it is not known.</returns>
    public static async Task<(WebSocketException Failure, HttpStatusCode? Status)?> ConnectAsync(
        ClientWebSocket socket, Uri address, FeedHttp http, CancellationToken cancel)
    {
        socket.Options.CollectHttpResponseDetails = true;
        try
        {
            await socket.ConnectAsync(address, http.Invoker, cancel).ConfigureAwait(false);
            return null;
        }
        catch (WebSocketException failure)
        {
            return (failure, socket.HttpStatusCode is var status and not (0 or HttpStatusCode.SwitchingProtocols) ? status : null);
        }
    }

    private static SocketsHttpHandler OwnHandler(OrderFeedOptions options) => new()
    {
        ConnectTimeout = options.ConnectTimeout,
        // Shorter than the 60 s after which common load balancers close an idle connection, so that no request uses one that is being
        // closed.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(45),
        // A peer that vanished under HTTP/2 would otherwise swallow one poll after another.
        KeepAlivePingDelay = TimeSpan.FromSeconds(30),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
    };
}
#endif
