using System.Text;
using Realtime.Server.Feed;
using Realtime.Server.Feed.Tails;
using Realtime.Server.Node;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;
using Realtime.Tests.Support;

namespace Realtime.Tests.Feed;

/// <summary>A feed over a <see cref="FaultyLog"/> and a backplane that the test controls.</summary>
internal sealed class TestFeed : IDisposable
{
    private readonly TestBackplane _backplane = new();
    private readonly UserConnections _connections;

    public TestFeed(int connectionsPerUser = 200)
    {
        _connections = OpenConnections.None(connectionsPerUser);
        (Tails, Feed) = Start();
    }

    public static Topic Mine { get; } = Topic.User("alice");

    public static Topic West { get; } = Topic.Group("west");

    public FaultyLog Log { get; } = new();

    public ManualTime Time { get; } = new();

    public HubCounters Counters { get; } = new();

    public TopicTails Tails { get; private set; }

    public NotificationFeed Feed { get; private set; }

    public Reader Alice { get; } = new("alice", [Mine, West, Topic.All], DateTimeOffset.MaxValue);

    public void Announce(Topic topic, Notification notification) => _backplane.Announce(topic, notification);

    /// <summary>Stores and announces, as a healthy log does.</summary>
    public Notification Publish(Topic topic)
    {
        var stored = Log.Append(topic);
        Announce(topic, stored);
        return stored;
    }

    /// <summary>A new process on the same log. Readers of the old one get nothing more and must reconnect.</summary>
    public void Restart()
    {
        Tails.Dispose();
        (Tails, Feed) = Start();
    }

    public void BackplaneReconnects() => _backplane.MayHaveMissed();

    public TestReader Open(StartAt start, TimeSpan? heartbeat = null) => Open(Connect(), start, heartbeat);

    public void Dispose() => Tails.Dispose();

    /// <summary>A connection of Alice's, with which a test opens a reader and refreshes it.</summary>
    public UserConnection Connect() => _connections.Open(Alice);

    public TestReader Open(UserConnection connection, StartAt start, TimeSpan? heartbeat = null) =>
        new(Feed.Open(connection, start, heartbeat), connection);

    private (TopicTails, NotificationFeed) Start()
    {
        var tails = new TopicTails(Log, _backplane, Counters, Time);
        return (tails, new NotificationFeed(Log, tails, new CursorChoice(), Counters, Time));
    }
}

/// <summary>
/// Reads a subscription one item at a time, as texts: <c>user:alice 3</c>, <c>gap user:alice 3-7 expired</c>, <c>position</c>, <c>closing
/// draining</c>.
/// </summary>
internal sealed class TestReader(Subscription subscription, UserConnection? connection = null) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _left = new();
    private IAsyncEnumerator<CurrentItem>? _items;
    private Task<bool>? _next;

    /// <summary>The cursor of the last item.</summary>
    public string Cursor { get; private set; } = "";

    /// <summary>Called with each item before it is described.</summary>
    public Action<CurrentItem>? OnItem { get; set; }

    public bool HasEnded { get; private set; }

    /// <summary>The next item; null at the end of the stream.</summary>
    public async Task<string?> NextAsync()
    {
        _items ??= subscription.ReadAsync(_left.Token).GetAsyncEnumerator();
        var next = _next ?? _items.MoveNextAsync().AsTask();
        _next = null;
        HasEnded = !await next.WaitAsync(Patience);
        return HasEnded ? null : Describe(_items.Current);
    }

    /// <summary>Everything available now; returns when the reader waits for more.</summary>
    public async Task<List<string>> DrainAsync()
    {
        var items = new List<string>();
        while (!HasEnded && await IsReadyAsync() && await NextAsync() is { } item) items.Add(item);
        return items;
    }

    /// <summary>Requests the next item without taking it: true if the subscription has one, false if it waits for an event.</summary>
    public async Task<bool> IsReadyAsync()
    {
        _items ??= subscription.ReadAsync(_left.Token).GetAsyncEnumerator();
        _next ??= _items.MoveNextAsync().AsTask();
        using var limit = new CancellationTokenSource(Patience);
        while (!_next.IsCompleted && !subscription.IsIdle)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
        return _next.IsCompleted;
    }

    public async ValueTask DisposeAsync()
    {
        await _left.CancelAsync();
        if (_next is not null) await _next.WaitAsync(Patience);
        if (_items is not null) await _items.DisposeAsync();
        _left.Dispose();
        connection?.Dispose();
    }

    private string Describe(CurrentItem item)
    {
        if (!item.Cursor.IsEmpty) Cursor = Encoding.ASCII.GetString(item.Cursor);
        OnItem?.Invoke(item);
        switch (item.Kind)
        {
            case FeedItemKind.Notification:
                return $"{item.Topic} {item.Notification!.Position.Sequence}";
            case FeedItemKind.Gap:
                return $"gap {item.Topic} {item.Gap!.Value.After}-{item.Gap!.Value.Next} {item.Gap!.Value.Reason}";
            case FeedItemKind.Closing:
                return $"closing {item.Closing!.Value.Reason}";
            default:
                return "position";
        }
    }
}
