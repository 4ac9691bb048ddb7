using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace Realtime.Server.Routing;

/// <summary>Says on a request that the owner got it from another node; absent on everybody else's.</summary>
internal sealed class ForwardedRequest
{
    public static readonly ForwardedRequest Instance = new();
}

/// <summary>
/// Signs what one node forwards to another, with a key that only they share. The owner takes the caller's address from a request that carries the
/// mark, and never passes it on.
/// </summary>
/// <remarks>
/// The mark covers the method, the connection's token (and so the node it is meant for) and what is said about the caller. It is no credential: who
/// may use the connection is decided by the caller's own token.
/// </remarks>
internal static class ForwardMark
{
    public const string Header = "X-Hub-Forwarded";
    public const string For = "X-Forwarded-For";
    public const string Proto = "X-Forwarded-Proto";

    /// <summary>The mark for a request that is about to be forwarded.</summary>
    public static string Make(byte[] key, string method, string id, string caller, string scheme, string host) =>
        Signature.Of(key, Text(method, id, caller, scheme, host));

    /// <summary>Put it first: it takes the mark off every request, and believes it if it is genuine.</summary>
    public static void UseForwardMarks(this WebApplication app)
    {
        if (app.Services.GetService<NodeDirectory>() is not { } directory) return;
        app.Use((context, next) =>
        {
            if (context.Request.Headers.Remove(Header, out var mark)) Read(context, mark.ToString(), directory.Key);
            return next(context);
        });
    }

    private static void Read(HttpContext context, string mark, byte[]? key)
    {
        var request = context.Request;
        var (caller, scheme) = (request.Headers[For].ToString(), request.Headers[Proto].ToString());
        var text = Text(request.Method, request.Query[IdInQuery.Name].ToString(), caller, scheme, request.Host.Value ?? "");
        if (key is null || !Signature.IsRight(mark, key, text)) return;

        context.Features.Set(ForwardedRequest.Instance);
        if (IPAddress.TryParse(caller, out var address)) context.Connection.RemoteIpAddress = address;
        request.Scheme = scheme;
        request.Headers.Remove(For);
        request.Headers.Remove(Proto);
        // The node that the caller reached has counted it.
        if (context.Features.Get<IHttpMetricsTagsFeature>() is { } metrics) metrics.MetricsDisabled = true;
    }

    private static string Text(string method, string id, string caller, string scheme, string host) =>
        $"forward {method} {id} {caller} {scheme} {host}";
}
