using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Realtime.Tests.Delivery;

/// <summary>Plain server-sent events, read with the framework's parser.</summary>
internal sealed class EventStreamReceiver : IReceiver
{
    private readonly HttpClient _http;
    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _events;

    private EventStreamReceiver(HttpClient http, HttpResponseMessage response, Stream body)
    {
        (_http, _response) = (http, response);
        _events = SseParser.Create(body).EnumerateAsync().GetAsyncEnumerator();
    }

    public HttpResponseMessage Response => _response;

    /// <summary>The event of the last item.</summary>
    public SseItem<string> Event => _events.Current;

    public static Task<EventStreamReceiver> ConnectAsync(
        Uri server, string token, string? after, CancellationToken cancel, string? lastEventId = null) =>
        ConnectAsync(server, after, ("Authorization", $"Bearer {token}"), lastEventId, cancel);

    /// <summary>With a session instead of a token.</summary>
    public static Task<EventStreamReceiver> ConnectByCookieAsync(Uri server, string cookie, CancellationToken cancel) =>
        ConnectAsync(server, after: null, ("Cookie", cookie), lastEventId: null, cancel);

    private static async Task<EventStreamReceiver> ConnectAsync(
        Uri server, string? after, (string Name, string Value) credentials, string? lastEventId, CancellationToken cancel)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server };
        var query = after is null ? "" : $"?after={Uri.EscapeDataString(after)}";
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/api/notifications" + query, UriKind.Relative));
        request.Headers.TryAddWithoutValidation(credentials.Name, credentials.Value);
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (lastEventId is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        response.EnsureSuccessStatusCode();
        return new EventStreamReceiver(http, response, await response.Content.ReadAsStreamAsync(cancel));
    }

    public async Task<JsonElement?> NextAsync(CancellationToken cancel) =>
        await _events.MoveNextAsync().AsTask().WaitAsync(cancel) ? JsonSerializer.Deserialize<JsonElement>(_events.Current.Data) : null;

    public ValueTask DisposeAsync()
    {
        // The enumerator may be waiting for the stream; closing the stream ends the wait.
        _response.Dispose();
        _http.Dispose();
        return ValueTask.CompletedTask;
    }
}
