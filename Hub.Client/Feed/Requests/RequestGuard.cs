using System.Net.Http.Headers;
using Realtime.Client.Feed.Requests.Stack;

namespace Realtime.Client.Feed.Requests;

/// <summary>The rules for every request of a feed, whether the SignalR client or the feed itself sends it.</summary>
/// <remarks>
/// The SignalR client repeats a poll that was cancelled or took over 120 s, and its handler repeats a GET whose connection broke. Either
/// would lose the response that was on its way. Here such a poll fails, which ends the connection; the feed then continues from its
/// position.
/// </remarks>
internal sealed class RequestGuard(
    OrderFeedOptions options, RequestHeaders headers, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        headers.ApplyTo(request.Headers);
        if (HttpStack.IsUpgrade(request)) return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);

        HttpStack.PreferHttp2(request);
        if (IsEventStream(request)) return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);

        HttpStack.ForbidRepeat(request);
        var patience = request.Method == HttpMethod.Delete ? FeedLimits.Farewell : FeedLimits.Silence;
        var what = $"The answer to {request.Method}";
        return await Limits.WithinAsync(
            patience, options.TimeProvider, what, limit => WholeAsync(request, limit), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the complete response, so that the time limit covers the body: one that stops in the middle is no response.</summary>
    private async Task<HttpResponseMessage> WholeAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        var answer = await base.SendAsync(request, cancel).ConfigureAwait(false);
        try
        {
            await answer.Content.LoadIntoBufferAsync(FeedLimits.AnswerBytes, cancel).ConfigureAwait(false);
            return answer;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    private static bool IsEventStream(HttpRequestMessage request) => request.Headers.Accept.Contains(EventStream);

    private static readonly MediaTypeWithQualityHeaderValue EventStream = new("text/event-stream");
}
