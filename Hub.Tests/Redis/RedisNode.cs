using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Realtime.Server.Backplane.Redis;
using Realtime.Server.Feed;
using Realtime.Server.Feed.Tails;
using Realtime.Server.Log;
using Realtime.Server.Log.Redis;
using Realtime.Server.Node;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;
using Realtime.Server.Redis;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>
/// A node's parts between publishing and delivery, in this process, on a real Redis: for options that cannot be set from outside.
/// </summary>
internal sealed class RedisNode : IAsyncDisposable
{
    private readonly ILoggerFactory _loggers;
    private readonly TopicTails _tails;
    private readonly List<RecordingReader> _readers = [];

    private RedisNode(RedisOptions options, BackplaneLimits limits, RetentionOptions retention, TimeSpan? watch)
    {
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(new Recorder(Messages)));
        Connection = new(options, State, TimeProvider.System, _loggers.CreateLogger<RedisConnection>(), watch);
        var counters = new HubCounters();
        Log = new(Connection, retention, counters, TimeProvider.System, _loggers.CreateLogger<RedisLog>());
        Backplane = new(Connection, options, limits, counters, TimeProvider.System, _loggers.CreateLogger<RedisBackplane>());
        _tails = new(Log, Backplane, counters, TimeProvider.System);
        Feed = new(Log, _tails, new CursorChoice(), counters, TimeProvider.System);
    }

    public NodeState State { get; } = new();

    public RedisConnection Connection { get; }

    public RedisLog Log { get; }

    public RedisBackplane Backplane { get; }

    public NotificationFeed Feed { get; }

    /// <summary>What was logged, at any level.</summary>
    public ConcurrentQueue<string> Messages { get; } = new();

    /// <summary>Starts one; Redis need not be there yet.</summary>
    /// <param name="watch">How often it checks the state of Redis.</param>
    public static Task<RedisNode> StartAsync(
        string connectionString, BackplaneLimits? limits = null, RetentionOptions? retention = null, TimeSpan? watch = null) =>
        StartAsync(new RedisOptions { ConnectionString = connectionString }, limits, retention, watch);

    /// <inheritdoc cref="StartAsync(string, BackplaneLimits?, RetentionOptions?, TimeSpan?)"/>
    public static async Task<RedisNode> StartAsync(
        RedisOptions options, BackplaneLimits? limits = null, RetentionOptions? retention = null, TimeSpan? watch = null)
    {
        var node = new RedisNode(options, limits ?? new(), retention ?? new(), watch);
        await node.Connection.StartAsync(CancellationToken.None);
        await node.Backplane.StartAsync(CancellationToken.None);
        return node;
    }

    /// <summary>Starts one and waits until it receives announcements.</summary>
    public static async Task<RedisNode> StartAndListenAsync(string connectionString, BackplaneLimits? limits = null)
    {
        var node = await StartAsync(connectionString, limits);
        await Eventually.True("the node listens", () => node.HasSaid("Listening to announcements"));
        return node;
    }

    public bool HasSaid(string text) => Messages.Any(message => message.Contains(text, StringComparison.Ordinal));

    public RecordingReader Read(Topic topic, StartAt? start = null)
    {
        var reader = new RecordingReader(Feed, topic, start ?? new StartAt.Latest());
        _readers.Add(reader);
        return reader;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var reader in _readers) await reader.DisposeAsync();
        await Backplane.StopAsync(CancellationToken.None);
        Backplane.Dispose();
        await Connection.StopAsync(CancellationToken.None);
        await Connection.DisposeAsync();
        _tails.Dispose();
        Log.Dispose();
        _loggers.Dispose();
    }

    private sealed class Recorder(ConcurrentQueue<string> messages) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            messages.Enqueue($"{logLevel} {formatter(state, exception)}");

        public void Dispose() { /* the test keeps what was said */ }
    }
}
