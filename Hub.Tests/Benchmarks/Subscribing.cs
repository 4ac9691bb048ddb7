using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Server.Backplane;
using Realtime.Server.Feed;
using Realtime.Server.Feed.Closings;
using Realtime.Server.Feed.Tails;
using Realtime.Server.Log;
using Realtime.Server.Log.Sqlite;
using Realtime.Server.Node;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;
using Realtime.Server.Security;
using Realtime.Server.Security.Revocations;

namespace Realtime.Benchmarks;

/// <summary>
/// What a connect asks of the feed and the embedded store: a subscription to three topics, until it waits for the first notification.
/// </summary>
public class Subscribing
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hub-benchmark-");
    private readonly LocalBackplane _backplane = new();
    private readonly HubCounters _counters = new();
    private readonly UserConnections _connections = new(
        new FeedOptions(), new RevokedUsers(TimeProvider.System), new LastClosings(), TimeProvider.System);

    private SqliteLog _log = null!;
    private TopicTails _tails = null!;
    private NotificationFeed _feed = null!;
    private int _next;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _log = new SqliteLog(
            new LogOptions { DataPath = _folder.FullName }, (_, _) => { }, _counters, TimeProvider.System, NullLogger<SqliteLog>.Instance);
        await _log.OpenAsync(CancellationToken.None);
        await Task.WhenAll(Sample.Users.Select(user => _log.AppendAsync(Sample.Draft(user), CancellationToken.None)));
        _tails = new TopicTails(_log, _backplane, _counters, TimeProvider.System);
        _feed = new NotificationFeed(_log, _tails, new CursorChoice(), _counters, TimeProvider.System);
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        _feed.Dispose();
        _tails.Dispose();
        await _log.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Benchmark]
    public Task Latest() => SubscribeAsync(new StartAt.Latest());

    [Benchmark]
    public Task Unacknowledged() => SubscribeAsync(new StartAt.Unacknowledged());

    private async Task SubscribeAsync(StartAt start)
    {
        var i = _next++ % Sample.Users.Length;
        using var connection = _connections.Open(
            new Caller(
                $"reader-{i}", [Sample.Users[i], Topic.Group("west"), Topic.All], DateTimeOffset.MaxValue,
                IsPublisher: false, IsAdmin: false),
            Transport.WebSockets);
        var subscription = _feed.Open(connection, start, heartbeat: null);
        await using var items = subscription.ReadAsync(CancellationToken.None).GetAsyncEnumerator();
        // The position, what is stored if that was asked for, and then nothing more.
        ValueTask<bool> more;
        do more = items.MoveNextAsync();
        while (more.IsCompleted);
        subscription.End();
        await more;
        _feed.Left(subscription);
    }
}
