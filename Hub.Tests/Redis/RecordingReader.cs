using System.Collections.Concurrent;
using System.Text;
using Realtime.Server.Feed;
using Realtime.Server.Notifications;
using Realtime.Tests.Feed;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>A reader of one topic that runs until it is disposed and keeps what it got.</summary>
internal sealed class RecordingReader : IAsyncDisposable
{
    private readonly CancellationTokenSource _leaving = new();
    private readonly ConcurrentQueue<string> _items = new();
    private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;

    public RecordingReader(NotificationFeed feed, Topic topic, StartAt start) => _reading = Task.Run(() => ReadAsync(feed, topic, start));

    /// <summary>The order ids of notifications, <c>gap after-next reason</c>, <c>closing reason</c>.</summary>
    public IReadOnlyList<string> Items => [.. _items];

    /// <summary>Waits until it has its position and receives announcements.</summary>
    public Task BeginsAsync() => Eventually.Ends("the reader has its place", _began.Task);

    public Task GetsAsync(params string[] items) =>
        Eventually.Equal("the reader has all of it", () => Task.FromResult(Items), items, TimeSpan.FromSeconds(30));

    public async ValueTask DisposeAsync()
    {
        await _leaving.CancelAsync();
        await _reading;
        _leaving.Dispose();
    }

    private async Task ReadAsync(NotificationFeed feed, Topic topic, StartAt start)
    {
        var reader = new Reader("reader", [topic], DateTimeOffset.MaxValue);
        using var connection = OpenConnections.None().Open(reader);
        var subscription = feed.Open(connection, start, heartbeat: null);
        await foreach (var item in subscription.ReadAsync(_leaving.Token))
        {
            if (item.Kind is FeedItemKind.Notification) _items.Enqueue(OrderId(item.Notification!));
            if (item.Gap is { } gap && item.Kind is FeedItemKind.Gap) _items.Enqueue($"gap {gap.After}-{gap.Next} {gap.Reason}");
            if (item.Kind is FeedItemKind.Closing) _items.Enqueue($"closing {item.Closing!.Value.Reason}");
            if (item.Kind is FeedItemKind.Position) _began.TrySetResult();
        }
        feed.Left(subscription);
    }

    private static string OrderId(Notification notification)
    {
        var text = Encoding.UTF8.GetString(notification.Body.Span);
        return System.Text.Json.JsonDocument.Parse("{" + text).RootElement.GetProperty("orderId").GetString()!;
    }
}
