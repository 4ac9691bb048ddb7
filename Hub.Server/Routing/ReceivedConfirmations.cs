using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace Realtime.Server.Routing;

/// <summary>Takes what other nodes say of the answers that they pass on (<see cref="PollConfirmations"/>).</summary>
internal sealed class ReceivedConfirmations(ThisNode node, NodeDirectory directory, PollAnswers answers)
{
    /// <summary>More than the names of <see cref="PollConfirmations.MaxPolls"/> polls.</summary>
    private const int MaxBytes = 64 * 1024;

    public static bool IsFor(HttpRequest request) => HttpMethods.IsPost(request.Method) && request.Path.Value == PollConfirmations.Path;

    /// <param name="mark">As it was on the request.</param>
    public async Task ReceiveAsync(HttpContext context, string mark)
    {
        if (context.Features.Get<IHttpMetricsTagsFeature>() is { } metrics) metrics.MetricsDisabled = true;
        var lines = await ReadAsync(context.Request, context.RequestAborted);
        // As if nothing were here.
        if (lines is null || directory.Key is not { } key || !Signature.IsRight(mark, key, PollConfirmations.Marked(node.Id, lines)))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        foreach (var line in lines.AsSpan().EnumerateLines())
        {
            var isDelivered = !line.StartsWith(PollConfirmations.Lost);
            answers.Settle(isDelivered ? line : line[1..], isDelivered);
        }
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <returns>Null: it is not what a node sends.</returns>
    private static async Task<string?> ReadAsync(HttpRequest request, CancellationToken cancel)
    {
        if (request.ContentLength is not (> 0 and <= MaxBytes)) return null;
        var bytes = new byte[request.ContentLength.Value];
        await request.Body.ReadExactlyAsync(bytes, cancel);
        return Encoding.ASCII.GetString(bytes);
    }
}
