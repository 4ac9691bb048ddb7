using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Realtime.Client.Feed.Items;
using Realtime.Client.Feed.Requests;

namespace Realtime.Client.Feed.Connections;

/// <summary>Receives over the plain event stream: one GET, no SignalR.</summary>
internal sealed class EventStreamConnection(FeedHttp http, Uri address, TimeProvider time) : IFeedConnection
{
    private const string EventStream = "text/event-stream";

    public TimeSpan? ReconnectIn { get; private set; }

    public Task OpenAsync(CancellationToken cancel) => Task.CompletedTask;

    public async IAsyncEnumerable<WireItem> SubscribeAsync(string? after, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var request = Request(after);
        using var response = await http.Invoker.SendAsync(request, cancel).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode) throw await ProblemResponses.RefusalAsync(request, response, cancel).ConfigureAwait(false);
        if (response.Content.Headers.ContentType?.MediaType is var type && type != EventStream)
            throw new InvalidDataException($"An event stream was expected and the server sent {type ?? "something without a type"}.");

        using var silence = new Deadline(time, Timeout.InfiniteTimeSpan);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, silence.Token);
        using var body = await response.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
        var parser = SseParser.Create(body, (_, data) => JsonSerializer.Deserialize<WireItem>(data));
        var events = parser.EnumerateAsync(either.Token).GetAsyncEnumerator(either.Token);
        await using var _ = events.ConfigureAwait(false);
        while (await NextAsync(events, silence, cancel).ConfigureAwait(false))
        {
            if (events.Current.ReconnectionInterval is { } wait) ReconnectIn = Min(wait, FeedLimits.LongestAdvice);
            if (events.Current.Data is { } item) yield return item;
        }
    }

    public Task TestAsync(CancellationToken cancel) =>
        throw new InvalidOperationException("An event stream cannot be tested, so the feed opens a new one.");

    public ValueTask DisposeAsync()
    {
        http.Dispose();
        return ValueTask.CompletedTask;
    }

    private HttpRequestMessage Request(string? after)
    {
        var isWord = after is "latest" or "earliest";
        var request = new HttpRequestMessage(HttpMethod.Get, isWord ? new UriBuilder(address) { Query = "after=" + after }.Uri : address);
        request.Headers.TryAddWithoutValidation("Accept", EventStream);
        // For a cursor in the Last-Event-ID header, the server answers an unreadable one with a gap, as browsers need it, instead of
        // refusing it.
        if (after is not null && !isWord) request.Headers.TryAddWithoutValidation("Last-Event-ID", after);
        return request;
    }

    private static async ValueTask<bool> NextAsync(
        IAsyncEnumerator<SseItem<WireItem?>> events, Deadline silence, CancellationToken cancel)
    {
        var next = events.MoveNextAsync();
        if (next.IsCompleted) return await next.ConfigureAwait(false);
        silence.Move(FeedLimits.Silence);
        try
        {
            var isNext = await next.ConfigureAwait(false);
            // While the feed works on an event, it is not the server that is silent.
            silence.Move(Timeout.InfiniteTimeSpan);
            return isNext;
        }
        catch (Exception) when (silence.IsOver && !cancel.IsCancellationRequested)
        {
            throw new TimeoutException($"The server has been silent for {FeedLimits.Silence.TotalSeconds:0} s.");
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
