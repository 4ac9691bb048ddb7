using System.Text.Json;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.SignalR;
using Realtime.Server.Operations;
using Realtime.Server.Security;

namespace Realtime.Server.Routing;

/// <summary>Stands before everything that looks at a connection token: remembers who got it, and lets nobody else use it.</summary>
internal sealed class ConnectionGuard(RequestDelegate next, ConnectionOwners owners)
{
    private static readonly Problem TooMany = new(
        StatusCodes.Status429TooManyRequests, "Too many connections were negotiated and not opened. Open them, or wait.", RetryAfterSeconds: 5);

    public Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        if (endpoint?.Metadata.GetMetadata<HubMetadata>() is null) return next(context);
        return endpoint.Metadata.GetMetadata<NegotiateMetadata>() is null ? UseAsync(context) : NegotiateAsync(context);
    }

    private Task UseAsync(HttpContext context)
    {
        var caller = Caller.Of(context.User);
        if (context.Request.Query["id"] is { Count: > 0 } id && !owners.MayUse(id.ToString(), caller)) return RefuseAsync(context);
        // SignalR marks its event streams for compression, but not for nginx; and Kestrel would cut a slow reader after 5 s.
        context.Response.Headers["X-Accel-Buffering"] = "no";
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
        return next(context);
    }

    // SignalR's own answer: to somebody else the connection does not exist.
    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        context.Response.ContentType = "text/plain";
        return context.Response.WriteAsync("No Connection with that ID", context.RequestAborted);
    }

    private async Task NegotiateAsync(HttpContext context)
    {
        var caller = Caller.Of(context.User);
        if (!owners.TryReserve(caller.User))
        {
            await Problems.WriteAsync(context, TooMany);
            return;
        }

        // SignalR answers; which token it gives out is known here before it is known to the client.
        var answer = await AnswerAsync(context);
        if (context.Response.StatusCode == StatusCodes.Status200OK && TokenIn(answer) is { } token) owners.Negotiated(token, caller);
        else owners.Release(caller.User);
        // A refusal without a body stays without one: writing nothing would send it off as it is.
        if (!answer.IsEmpty) await context.Response.Body.WriteAsync(answer, context.RequestAborted);
    }

    private async Task<ReadOnlyMemory<byte>> AnswerAsync(HttpContext context)
    {
        var client = context.Response.Body;
        using var answer = new MemoryStream();
        context.Response.Body = answer;
        try
        {
            await next(context);
            return answer.ToArray();
        }
        finally
        {
            context.Response.Body = client;
        }
    }

    private static string? TokenIn(ReadOnlyMemory<byte> answer)
    {
        using var json = JsonDocument.Parse(answer);
        return json.RootElement.TryGetProperty("connectionToken", out var token) ? token.GetString() : null;
    }
}
