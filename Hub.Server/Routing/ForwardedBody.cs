using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Realtime.Server.Routing;

/// <summary>Copies the body of an owner's answer to the caller. It is as long as the owner's, or the caller sees it break.</summary>
/// <remarks>
/// A copy that breaks is aborted, never ended: a clean end of an event stream or a poll would pass lost bytes off as silence. Nothing is read
/// ahead, and each read is written and sent before the next, so that a caller that does not read is felt by the owner.
/// </remarks>
internal sealed partial class ForwardedBody(HttpContext context, Uri owner, CancellationTokenSource limit, ILogger logger)
{
    /// <summary>How long the caller may accept nothing.</summary>
    public static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(10);

    private const int ReadBytes = 16 * 1024;

    /// <returns>False: it broke before anything of it was said to the caller.</returns>
    public async Task<bool> CopyAsync(HttpResponseMessage answer)
    {
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        // Kestrel would cut a slow caller after 5 s; this copy knows better what stalled means.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(limit.Token);
            // An event stream's headers are news in themselves.
            if (answer.Content.Headers.ContentLength is null) await context.Response.StartAsync(limit.Token);
            while (await CopyOnceAsync(body)) { /* until the owner is done */ }
            return true;
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException or OperationCanceledException)
        {
            if (!context.RequestAborted.IsCancellationRequested) BrokenCopy(owner, broken.Message);
            // HTTP clients repeat a GET on their own when its connection ends without a byte: they must be told that the connection is gone.
            if (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
            {
                context.Response.Clear();
                return false;
            }
            context.Abort();
            return true;
        }
    }

    /// <returns>False: that was all.</returns>
    private async ValueTask<bool> CopyOnceAsync(Stream body)
    {
        // Without a buffer while there is nothing to read: thousands of streams wait here.
        limit.CancelAfter(Forwarder.SilenceLimit);
        _ = await body.ReadAsync(Memory<byte>.Empty, limit.Token);
        var client = context.Response.BodyWriter;
        var count = await body.ReadAsync(client.GetMemory(ReadBytes), limit.Token);
        if (count == 0) return false;
        client.Advance(count);
        var flush = client.FlushAsync(limit.Token);
        if (!flush.IsCompleted) limit.CancelAfter(StallTimeout);
        if ((await flush).IsCompleted) throw new IOException("The caller has gone.");
        return true;
    }

    [LoggerMessage(RoutingEventIds.BrokenCopy, LogLevel.Debug, "An answer of the node at {Owner} broke off on its way to the caller, whose connection was cut: {Why}")]
    private partial void BrokenCopy(Uri owner, string why);
}
