#if NETSTANDARD
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;

namespace Realtime.Client.Feed.Requests.Stack;

/// <summary>What differs between the HTTP of .NET and that of .NET Framework: this is .NET Framework's.</summary>
internal static class HttpStack
{
    public static void Validate(OrderFeedOptions options) => _ = options;

    public static (HttpMessageHandler Own, HttpMessageHandler Outer) HandlerOf(OrderFeedOptions options)
    {
        // The default is 2 connections to a host: a stream and a poll of two feeds would already make an acknowledgement wait. Other hosts
        // of the program keep their limit.
        var hub = ServicePointManager.FindServicePoint(options.Server!);
        hub.ConnectionLimit = Math.Max(hub.ConnectionLimit, FeedLimits.FrameworkConnections);
        return UserHandler.Of(new HttpClientHandler(), options.ConfigureClientHandler, nameof(options.ConfigureClientHandler));
    }

    /// <summary>There is none here.</summary>
    public static void PreferHttp2(HttpRequestMessage request) => _ = request;

    /// <summary>
    /// .NET Framework refuses a GET with content. So it may repeat a poll, whose first answer is then lost; the feed finds that hole and
    /// subscribes again.
    /// </summary>
    public static void ForbidRepeat(HttpRequestMessage request) => _ = request;

    /// <summary>A WebSocket does not go through the handler.</summary>
    public static bool IsUpgrade(HttpRequestMessage request) => request.Headers.Upgrade.Count > 0;

    public static HttpStatusCode? StatusOf(HttpRequestException failure) => (failure as StatusException)?.Status;

    public static bool IsUnreachable(Exception failure) => failure switch
    {
        WebException framework => framework.Status is WebExceptionStatus.ConnectFailure or WebExceptionStatus.NameResolutionFailure
            or WebExceptionStatus.TrustFailure or WebExceptionStatus.SecureChannelFailure,
        AuthenticationException => true,
        // Below an HttpRequestException of .NET.
        SocketException socket => socket.SocketErrorCode is SocketError.ConnectionRefused or SocketError.HostNotFound
            or SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.TryAgain
            or SocketError.NoData,
        _ => false,
    };

    public static HttpMessageHandler ForSignalR(HttpMessageHandler handler) => new StatusTeller(handler);

    /// <summary>Opens a WebSocket of its own: .NET Framework has no other, and it does not tell the status of a refusal.</summary>
    public static async Task<(WebSocketException Failure, HttpStatusCode? Status)?> ConnectAsync(
        ClientWebSocket socket, Uri address, FeedHttp http, CancellationToken cancel)
    {
        var token = await http.TokenAsync(cancel).ConfigureAwait(false);
        foreach (var header in http.Headers.All) Set(socket.Options, header.Key, header.Value);
        if (token is not null) socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        if (http.Own is HttpClientHandler handler) Take(socket.Options, handler);
        try
        {
            await socket.ConnectAsync(address, cancel).ConfigureAwait(false);
            return null;
        }
        catch (WebSocketException failure)
        {
            return (failure, null);
        }
    }

    private static void Set(ClientWebSocketOptions options, string name, string value)
    {
        // A WebSocket of .NET Framework cannot send headers that its web requests have a property for, such as User-Agent.
        if (value.Length > 0 && !WebHeaderCollection.IsRestricted(name)) options.SetRequestHeader(name, value);
    }

    private static void Take(ClientWebSocketOptions options, HttpClientHandler handler)
    {
        if (handler.UseCookies) options.Cookies = handler.CookieContainer;
        if (!handler.UseProxy) options.Proxy = null;
        else if (handler.Proxy is { } proxy) options.Proxy = proxy;
        if (handler.UseDefaultCredentials) options.UseDefaultCredentials = true;
        else if (handler.Credentials is { } credentials) options.Credentials = credentials;
        if (handler.ClientCertificateOptions == ClientCertificateOption.Manual)
            options.ClientCertificates.AddRange(handler.ClientCertificates);
    }

    /// <summary>Says in an exception with which status the server refuses the user, because those of SignalR do not.</summary>
    private sealed class StatusTeller(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)) return response;
            using (response) throw await ProblemResponses.RefusalAsync(request, response, cancellationToken).ConfigureAwait(false);
        }
    }
}
#endif
