using System.Net;
using System.Net.Http.Json;

namespace Realtime.Client.Feed.Requests;

/// <summary>Acknowledges with separate requests: the same for every transport, and possible during a reconnect.</summary>
internal sealed class HttpAcknowledgements(OrderFeedOptions options, FeedTokens tokens) : IAcknowledgements
{
    private readonly FeedHttp _http = new(options, async cancel => await tokens.AskAsync(cancel).ConfigureAwait(false));

    public Task<long> AcknowledgeAsync(string cursor, CancellationToken cancel) => AskAsync(
        new(HttpMethod.Put, Endpoints.Acknowledged(options.Server!)) { Content = JsonContent.Create(new { cursor }) }, cancel);

    public Task<long> UnreadAsync(CancellationToken cancel) =>
        AskAsync(new(HttpMethod.Get, Endpoints.Unread(options.Server!)), cancel);

    public void Dispose() => _http.Dispose();

    // On the pool: .NET Framework resolves names and proxies on the caller's thread, which may be a user interface's.
    private Task<long> AskAsync(HttpRequestMessage request, CancellationToken cancel) =>
        Task.Run(() => AskOnPoolAsync(request, cancel), cancel);

    private async Task<long> AskOnPoolAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        // A stream that goes on with a refreshed token has the topics of that token, and the count must have the same.
        if (tokens.Newest is { } newest) _http.UseToken(newest);
        using (request)
        using (var response = await _http.Invoker.SendAsync(request, cancel).ConfigureAwait(false))
        {
            if (response.IsSuccessStatusCode)
                return (await response.Content.ReadFromJsonAsync<UnreadCount>(cancel).ConfigureAwait(false))!.Unread;
            var refusal = await ProblemResponses.RefusalAsync(request, response, cancel).ConfigureAwait(false);
            throw response.StatusCode == HttpStatusCode.BadRequest ? new ArgumentException(refusal.Message, refusal) : refusal;
        }
    }
}
