using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Realtime.Tests.Client;

/// <summary>Counts what only a feed's log shows: how often it has stopped receiving, and how often it has tried to refresh.</summary>
internal sealed class FeedLogRecorder : ILoggerFactory, ILogger
{
    private const int Paused = 18, FirstOfRefresh = 21, LastOfRefresh = 24;
    private int _pauses, _refreshes;

    public int Pauses => Volatile.Read(ref _pauses);

    /// <summary>Attempts to refresh that are over, whatever came of them.</summary>
    public int Refreshes => Volatile.Read(ref _refreshes);

    public ILogger CreateLogger(string categoryName) => categoryName == "Realtime.Client.OrderFeed" ? this : NullLogger.Instance;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id == Paused) Interlocked.Increment(ref _pauses);
        if (eventId.Id is >= FirstOfRefresh and <= LastOfRefresh) Interlocked.Increment(ref _refreshes);
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void AddProvider(ILoggerProvider provider) { }

    public void Dispose() { }
}
