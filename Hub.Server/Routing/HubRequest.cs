using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Realtime.Server.Routing;

/// <summary>What a request wants of a hub.</summary>
internal static class HubRequest
{
    /// <summary>The path of the hub; null: the request is for something else.</summary>
    public static string? HubOf(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<RoutedHub>()?.Path;

    public static bool IsNegotiation(HttpContext context) => HubOf(context) is not null && Negotiates(context);

    /// <summary>Whether it opens or uses a connection.</summary>
    public static bool IsConnection(HttpContext context) => HubOf(context) is not null && !Negotiates(context);

    /// <summary>A WebSocket over HTTP/1.1 or, as CONNECT, over HTTP/2.</summary>
    public static bool IsUpgrade(HttpRequest request) =>
        request.HttpContext.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true }
        || (request.HttpContext.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
            && request.Headers.Upgrade.ToString().Contains("websocket", StringComparison.OrdinalIgnoreCase));

    /// <summary>An event stream, a poll, a message, an end. Everything else SignalR refuses without looking at the connection.</summary>
    public static bool IsForwardable(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsPost(request.Method) || HttpMethods.IsDelete(request.Method);

    /// <summary>A long poll, or what SignalR refuses. Event streams are asked for in just these words.</summary>
    public static bool MayBePoll(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Headers.Accept != "text/event-stream" && !IsUpgrade(request);

    private static bool Negotiates(HttpContext context) => context.GetEndpoint()!.Metadata.GetMetadata<NegotiateMetadata>() is not null;
}
