using System.Net;
using System.Net.Http.Json;
using Realtime.Client.Transports;

namespace Realtime.Client.Feed;

/// <summary>By requests of their own: the same on every transport, and while it is reconnecting.</summary>
internal sealed class HttpAcknowledgements(OrderFeedOptions options, FeedTokens tokens) : IAcknowledgements
{
    private readonly Wire _wire = new(Endpoints.TransportOptions(options, Transport.LongPolling, async cancel => await tokens.AskAsync(cancel).ConfigureAwait(false)));

    public Task<long> AcknowledgeAsync(string cursor, CancellationToken cancel) => AskAsync(
        () => new(HttpMethod.Put, Endpoints.Acknowledged(options.Server!)) { Content = JsonContent.Create(new { cursor }) }, cancel);

    public Task<long> UnreadAsync(CancellationToken cancel) =>
        AskAsync(() => new(HttpMethod.Get, Endpoints.Unread(options.Server!)), cancel);

    public void Dispose() => _wire.Dispose();

    private async Task<long> AskAsync(Func<HttpRequestMessage> make, CancellationToken cancel)
    {
        if (_wire.Tokens.Last is null) await _wire.Tokens.AskAsync(cancel).ConfigureAwait(false);
        return await Limits.WithinAsync(FeedLimits.RequestTimeout, options.TimeProvider, "The request", async limit =>
        {
            using var request = make();
            using var response = await _wire.AskAsync(request, limit).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
                return (await response.Content.ReadFromJsonAsync<UnreadCount>(limit).ConfigureAwait(false))!.Unread;
            var refusal = await Answers.RefusalAsync(request, response, limit).ConfigureAwait(false);
            throw response.StatusCode == HttpStatusCode.BadRequest ? new ArgumentException(refusal.Message, refusal) : refusal;
        }, cancel).ConfigureAwait(false);
    }
}
