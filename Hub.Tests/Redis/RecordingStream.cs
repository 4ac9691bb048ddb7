using System.Collections.Concurrent;
using System.Text.Json;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>An event stream over real HTTP that is read until it is disposed or ended by the server.</summary>
internal sealed class RecordingStream : IAsyncDisposable
{
    private readonly EventStreamReceiver _receiver;
    private readonly CancellationTokenSource _leaving = new();
    private readonly ConcurrentQueue<JsonElement> _items = new();
    private readonly Task _reading;

    private RecordingStream(EventStreamReceiver receiver)
    {
        _receiver = receiver;
        _reading = ReadAsync();
    }

    /// <summary>Order ids; <c>gap topic after-next reason</c>; <c>closing reason</c>.</summary>
    public IReadOnlyList<string> Items => [.. _items.Where(item => !item.IsPosition()).Select(Text)];

    /// <summary>The place it began at, and heartbeats.</summary>
    public int Positions => _items.Count(item => item.IsPosition());

    public string Cursor => _items.Last().Cursor();

    public bool HasEnded => _reading.IsCompleted;

    /// <summary>Opens it and waits until it has its place.</summary>
    /// <remarks>
    /// While a node cannot read its log, it ends a new stream with <c>unavailable</c>; like an EventSource, this one comes back.
    /// </remarks>
    public static async Task<RecordingStream> OpenAsync(ServerProcess server, string user, string? after, CancellationToken cancel)
    {
        RecordingStream? stream = null;
        await Eventually.True("the stream has its place", async () =>
        {
            if (stream is { HasEnded: true, Items: ["closing unavailable"] })
            {
                await stream.DisposeAsync();
                stream = null;
            }
            stream ??= new(await EventStreamReceiver.ConnectAsync(server.Address, Tokens.For(user), after, cancel));
            return stream.Positions > 0;
        }, cancel);
        return stream!;
    }

    public Task GetsAsync(IEnumerable<string> items, CancellationToken cancel) =>
        Eventually.Equal("the stream has all of it", () => Task.FromResult(Items), [.. items], Eventually.DefaultLimit, cancel);

    public async ValueTask DisposeAsync()
    {
        await _leaving.CancelAsync();
        await _receiver.DisposeAsync();
        await _reading;
        _leaving.Dispose();
    }

    private static string Text(JsonElement item) => item.IsNotification() ? item.GetProperty("orderId").GetString()! : item.Describe();

    private async Task ReadAsync()
    {
        try
        {
            while (await _receiver.NextAsync(_leaving.Token) is { } item) _items.Enqueue(item);
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException or HttpRequestException
            or ObjectDisposedException)
        { /* left */ }
    }
}
