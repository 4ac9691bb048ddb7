using BenchmarkDotNet.Attributes;
using Realtime.Server.Backplane;
using Realtime.Server.Feed;
using Realtime.Server.Feed.Closings;
using Realtime.Server.Feed.Tails;
using Realtime.Server.Log;
using Realtime.Server.Node;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;
using Realtime.Server.Security;
using Realtime.Server.Security.Revocations;

namespace Realtime.Benchmarks;

/// <summary>From an announcement through a topic's tail to each of its readers' subscriptions. A figure is for one delivery.</summary>
public class TailFanOut
{
    private const int Readers = 1_000, Burst = 16;

    private readonly LocalBackplane _backplane = new();
    private readonly CancellationTokenSource _leaving = new();
    private readonly List<Task> _reading = [];
    private TopicTails _tails = null!;
    private TaskCompletionSource _done = new();
    private Notification _last = new(Position.Start, 0, default);
    private int _left = Readers;

    [GlobalSetup]
    public Task ConnectAsync()
    {
        var log = new EmptyLog();
        var counters = new HubCounters();
        _tails = new TopicTails(log, _backplane, counters, TimeProvider.System);
        var feed = new NotificationFeed(log, _tails, new CursorChoice(), counters, TimeProvider.System);
        var connections = new UserConnections(new FeedOptions(), new RevokedUsers(TimeProvider.System), new LastClosings(),
            TimeProvider.System);
        for (var i = 0; i < Readers; i++)
        {
            var connection = connections.Open(new Caller(
                $"reader-{i}", [Sample.Users[i], Topic.All], DateTimeOffset.MaxValue, IsPublisher: false, IsAdmin: false),
                Transport.WebSockets);
            _reading.Add(ReadAsync(feed.Open(connection, new StartAt.Latest(), heartbeat: null)));
        }
        return _done.Task;   // every reader has its first position
    }

    [GlobalCleanup]
    public async Task LeaveAsync()
    {
        await _leaving.CancelAsync();
        await Task.WhenAll(_reading);
        _tails.Dispose();
        _leaving.Dispose();
    }

    [Benchmark(OperationsPerInvoke = Readers)]
    public Task One() => AnnounceAsync(1);

    [Benchmark(OperationsPerInvoke = Readers * Burst)]
    public Task Burst_of_16() => AnnounceAsync(Burst);

    private Task AnnounceAsync(int count)
    {
        _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _left = Readers * count;
        for (var i = 0; i < count; i++)
        {
            _last = new Notification(
                new Position(_last.Position.Sequence + 1, _last.Position.Stamp + 1), _last.Position.Stamp, Sample.Body);
            _backplane.Announce(Topic.All, _last);
        }
        return _done.Task;
    }

    private async Task ReadAsync(Subscription subscription)
    {
        await foreach (var _ in subscription.ReadAsync(_leaving.Token))
        {
            if (Interlocked.Decrement(ref _left) == 0) _done.SetResult();
        }
    }

    /// <summary>An empty log. No reader falls far enough behind to need it.</summary>
    private sealed class EmptyLog : INotificationLog
    {
        public Task<AppendOutcome> AppendAsync(Draft draft, CancellationToken cancel) => throw new NotSupportedException();

        public ValueTask<LogPage> ReadAsync(Topic topic, Position? after, PageLimit limit, CancellationToken cancel) =>
            new(new LogPage(after ?? Position.Start, null, [], after ?? Position.Start));

        public ValueTask<IReadOnlyDictionary<Topic, Position>> ReadAcknowledgedAsync(string user, CancellationToken cancel) =>
            throw new NotSupportedException();

        public Task<bool> AcknowledgeAsync(string user, IReadOnlyDictionary<Topic, Position> positions, CancellationToken cancel) =>
            throw new NotSupportedException();
    }
}
