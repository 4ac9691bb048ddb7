using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.SignalR;

namespace Realtime.Server.Routing;

/// <summary>What a request wants of a hub.</summary>
internal static class HubRequest
{
    public static bool IsNegotiation(HttpContext context) => IsHub(context, out var endpoint) && endpoint!.Metadata.GetMetadata<NegotiateMetadata>() is not null;

    /// <summary>Whether it opens or uses a connection.</summary>
    public static bool IsConnection(HttpContext context) => IsHub(context, out var endpoint) && endpoint!.Metadata.GetMetadata<NegotiateMetadata>() is null;

    /// <summary>A WebSocket over HTTP/1.1 or, as CONNECT, over HTTP/2.</summary>
    public static bool IsUpgrade(HttpRequest request) =>
        request.HttpContext.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true }
        || (request.HttpContext.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
            && request.Headers.Upgrade.ToString().Contains("websocket", StringComparison.OrdinalIgnoreCase));

    /// <summary>An event stream, a poll, a message, an end. Everything else SignalR refuses without looking at the connection.</summary>
    public static bool IsForwardable(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsPost(request.Method) || HttpMethods.IsDelete(request.Method);

    private static bool IsHub(HttpContext context, out Endpoint? endpoint)
    {
        endpoint = context.GetEndpoint();
        return endpoint?.Metadata.GetMetadata<HubMetadata>() is not null;
    }
}
