using System.Net.ServerSentEvents;
using System.Text.Json;
using Realtime.Compare.Load;

namespace Realtime.Compare.Contenders;

/// <summary>The plain event stream that a browser's EventSource reads: one GET without end, no SignalR.</summary>
internal sealed class EventSourceContender : IContender
{
    private const string EventStream = "text/event-stream";

    public string Name => "EventSource";

    public Task ReadAsync(Seat seat, CancellationToken cancel) =>
        ReadAsync($"/api/notifications?after={seat.After}", seat, cancel);

    /// <summary>Reads the event stream at an address.</summary>
    public static async Task ReadAsync(string path, Seat seat, CancellationToken cancel)
    {
        using var client = PlainHttp.For(seat);
        using var request = PlainHttp.Get(path, EventStream);
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        answer.EnsureSuccessStatusCode();
        await using var body = await answer.Content.ReadAsStreamAsync(cancel);
        var events = SseParser.Create(body, (_, data) => JsonSerializer.Deserialize<Item>(data, PlainHttp.Json));
        await foreach (var happened in events.EnumerateAsync(cancel))
            if (happened.Data is { } item) seat.Take(item);
    }
}
