using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Realtime.Server.Connections;
using Realtime.Server.Http;
using Realtime.Server.Node;
using Realtime.Server.Security;

namespace Realtime.Server.Publishing.Batch;

/// <summary><c>POST /api/notifications/batch</c>: one body per line, one answer per line, in order, while the lines still come.</summary>
internal sealed partial class BatchEndpoint(Publisher publisher, BatchLimits limits, TimeProvider time, ILogger<BatchEndpoint> logger)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (Refusal(context.Request) is { } problem)
        {
            await Problems.WriteAsync(context, problem);
            return;
        }
        LiftLimits(context);
        context.Response.ContentType = JsonBody.Lines;
        using var span = HubTraces.StartPublish(context.Request.Headers.TraceParent, out var trace);
        using var run = new BatchRun(publisher, Caller.Of(context.User).User, trace, limits, time);
        try
        {
            await run.RunAsync(context.Request.BodyReader, context.Response.BodyWriter, context.RequestAborted);
        }
        catch (TimeoutException)
        {
            Stalled(limits.Stall);
            context.Abort();
        }
    }

    private static Problem? Refusal(HttpRequest request)
    {
        if (JsonBody.CheckType(request, JsonBody.Lines) is { } wrongType) return wrongType;
        if (!request.Headers.ContainsKey(PublishEndpoint.KeyHeader)) return null;
        return Problem.Invalid(FieldErrors.Of(PublishEndpoint.KeyHeader, "A batch has its keys in its lines, as idempotencyKey."));
    }

    /// <summary>We limit lines one by one, and stalls: a client may first send everything and only then read.</summary>
    private static void LiftLimits(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
        PeerTimeout.Lift(context);
    }

    [LoggerMessage(EventIds.BatchStalled, LogLevel.Information,
        "Ended a batch: for {Limit} its client neither sent a byte nor accepted one.")]
    private partial void Stalled(TimeSpan limit);
}
