using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Features;
using Realtime.Server.Node;

namespace Realtime.Server.Routing;

/// <summary>Classifies a hub's requests.</summary>
internal static class HubRequest
{
    /// <summary>The path of the hub; null if the request is not for a hub.</summary>
    public static string? HubOf(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<RoutedHub>()?.Path;

    public static bool IsNegotiation(HttpContext context) => HubOf(context) is not null && Negotiates(context);

    /// <summary>Whether the request opens or uses a connection.</summary>
    public static bool IsConnection(HttpContext context) => HubOf(context) is not null && !Negotiates(context);

    /// <summary>A WebSocket over HTTP/1.1 or, as CONNECT, over HTTP/2.</summary>
    public static bool IsUpgrade(HttpRequest request) =>
        request.HttpContext.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true }
        || (request.HttpContext.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
            && request.Headers.Upgrade.ToString().Contains("websocket", StringComparison.OrdinalIgnoreCase));

    /// <summary>An event stream, poll, message or end. SignalR refuses other methods without looking at the connection.</summary>
    public static bool IsForwardable(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsPost(request.Method) || HttpMethods.IsDelete(request.Method);

    /// <summary>A long poll, or a request that SignalR refuses. Clients request event streams with exactly this header.</summary>
    public static bool MayBePoll(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Headers.Accept != "text/event-stream" && !IsUpgrade(request);

    /// <summary>The kind of a request that <see cref="IsForwardable"/>.</summary>
    public static ForwardKind KindOf(HttpRequest request) =>
        HttpMethods.IsPost(request.Method) ? ForwardKind.Send
        : HttpMethods.IsDelete(request.Method) ? ForwardKind.Close
        : MayBePoll(request) ? ForwardKind.Poll
        : ForwardKind.EventStream;

    private static bool Negotiates(HttpContext context) => context.GetEndpoint()!.Metadata.GetMetadata<NegotiateMetadata>() is not null;
}
